/** time.* */
import { exactOf } from '../values/decimal.ts';
import { floatOf, isIntegral, truncateFloat } from '../values/float.ts';
import { numberFromBigint, type RegoNumber } from '../values/number.ts';
import { isNumber } from '../values/order.ts';
import { RegoArray, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, builtinError, functions, stepText } from './builtin.ts';
import { refusing } from './encoding.ts';
import { type CivilTime, civilTime, daysFromDate, NS_PER_SECOND, secondsOf, weekdayOf } from './go/civil.ts';
import { DurationError, parseExtendedDuration } from './go/duration.ts';
import { formatTime } from './go/time-format.ts';
import { NAMED_LAYOUTS, parseLayout, WEEKDAYS } from './go/time-layout.ts';
import { parseTime, TimeParseError } from './go/time-parse.ts';
import { intOperand, numberOperand, stringOperand, typeError } from './operands.ts';
import { UTC, type Zone, zoneNamed } from './time-zone.ts';

const MIN_NS = -(1n << 63n);
const MAX_NS = (1n << 63n) - 1n;
/** Years beyond this are out of range whatever the months and days are. */
const FAR = 1e9;

/** A moment in a zone, and how it shall be printed. */
interface Moment {
  readonly ns: bigint;
  readonly zone: Zone;
  readonly layout: string;
}

const MOMENT_TYPE = 'either number (ns) or [number (ns), string (tz)]';

function momentOperand(context: BuiltinContext, value: Value): Moment {
  if (isNumber(value)) return { ns: nanoseconds(value), zone: UTC, layout: '' };
  if (!(value instanceof RegoArray) || value.length === 0) throw typeError(1, value, MOMENT_TYPE);
  const [ns = null, zone = '', layout = ''] = value.items;
  const number = numberOperand(ns, 1);
  return {
    zone: zoneNamed(context, stringOperand(zone, 1)),
    layout: stringOperand(layout, 1),
    ns: nanoseconds(number),
  };
}

/** As OPA reads it: a float of 64 bits that is an integer of 64 bits. */
function nanoseconds(value: RegoNumber): bigint {
  const float = floatOf(exactOf(value));
  const ns = truncateFloat(float);
  if (!isIntegral(float) || ns < MIN_NS || ns > MAX_NS) throw builtinError('timestamp too big');
  return ns;
}

function checked(ns: bigint): Value {
  if (ns < MIN_NS || ns > MAX_NS) throw builtinError('time outside of valid range');
  return numberFromBigint(ns);
}

function civil({ ns, zone }: Moment): CivilTime {
  return civilTime(ns, zone.offsetAt(ns));
}

/** To read a layout takes some microseconds for each character, and cannot be stopped. */
const MAX_LAYOUT_LENGTH = 4096;

function layoutOf(text: string): string {
  if (text.length <= MAX_LAYOUT_LENGTH) return NAMED_LAYOUTS.get(text) ?? text;
  throw builtinError(`a layout of ${text.length} characters: at most ${MAX_LAYOUT_LENGTH} are read`);
}

function parse(layout: string, value: string): Value {
  return checked(refusing(TimeParseError, () => parseTime(layoutOf(layout), value)));
}

function format(moment: Moment): string {
  const { ns, zone, layout } = moment;
  const named = layout === '' ? 'RFC3339Nano' : layout;
  return formatTime(parseLayout(layoutOf(named)), {
    civil: civil(moment),
    offsetSeconds: zone.offsetAt(ns),
    zoneName: zone.nameAt(ns),
  });
}

/** time.Time.AddDate: the clock stays, in the zone; days beyond the month's end carry over. */
function addDate(moment: Moment, years: number, months: number, days: number): Value {
  if (Math.max(Math.abs(years), Math.abs(months), Math.abs(days)) > FAR) {
    throw builtinError('time outside of valid range');
  }
  const { zone } = moment;
  const time = civil(moment);
  const local = secondsOf({
    ...time,
    year: time.year + years,
    month: time.month + months,
    day: time.day + days,
  });
  const ns = (seconds: number): bigint => BigInt(seconds) * NS_PER_SECOND;
  if (ns(local) < MIN_NS - ns(172_800) || ns(local) > MAX_NS + ns(172_800)) return checked(ns(local));
  // The offset is looked up where the clock would stand in UTC, and again where that leads.
  const offset = zone.offsetAt(ns(local));
  const seconds = local - zone.offsetAt(ns(local - offset));
  return checked(ns(seconds) + BigInt(time.nanosecond));
}

/** Years, months, days, hours, minutes and seconds between two moments, in the zone of the first. */
function difference(a: Moment, b: Moment): number[] {
  const other = { ...b, zone: a.zone };
  const [from, to] = a.ns > b.ns ? [civil(other), civil(a)] : [civil(a), civil(other)];
  let [year, month, day] = [to.year - from.year, to.month - from.month, to.day - from.day];
  let [hour, minute, second] = [to.hour - from.hour, to.minute - from.minute, to.second - from.second];
  if (second < 0) [second, minute] = [second + 60, minute - 1];
  if (minute < 0) [minute, hour] = [minute + 60, hour - 1];
  if (hour < 0) [hour, day] = [hour + 24, day - 1];
  if (day < 0) {
    const monthDays = daysFromDate(from.year, from.month + 1, 1) - daysFromDate(from.year, from.month, 1);
    [day, month] = [day + monthDays, month - 1];
  }
  if (month < 0) [month, year] = [month + 12, year - 1];
  return [year, month, day, hour, minute, second];
}

function text(context: BuiltinContext, value: Value, position: number): string {
  const found = stringOperand(value, position);
  stepText(context, found.length);
  return found;
}

export const TIME: BuiltinGroup = functions({
  'time.now_ns': (context) => numberFromBigint(context.nowNs),
  'time.parse_ns': (context, layout, value) => parse(text(context, layout, 1), text(context, value, 2)),
  'time.parse_rfc3339_ns': (context, value) => parse('RFC3339', text(context, value, 1)),
  'time.parse_duration_ns': (context, value) => {
    const duration = text(context, value, 1);
    return numberFromBigint(refusing(DurationError, () => parseExtendedDuration(duration)));
  },
  'time.format': (context, value) => format(momentOperand(context, value)),
  'time.date': (context, value) => {
    const { year, month, day } = civil(momentOperand(context, value));
    return new RegoArray([year, month, day]);
  },
  'time.clock': (context, value) => {
    const { hour, minute, second } = civil(momentOperand(context, value));
    return new RegoArray([hour, minute, second]);
  },
  'time.weekday': (context, value) => WEEKDAYS[weekdayOf(civil(momentOperand(context, value)))] ?? '',
  'time.add_date': (context, value, years, months, days) =>
    addDate(momentOperand(context, value), intOperand(years, 2), intOperand(months, 3), intOperand(days, 4)),
  'time.diff': (context, a, b) =>
    new RegoArray(difference(momentOperand(context, a), momentOperand(context, b))),
});
