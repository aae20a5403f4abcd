/** time.Parse, where the local zone is UTC. */
import {
  type CivilTime,
  daysBeforeMonth,
  daysInMonth,
  isLeapYear,
  NS_PER_SECOND,
  secondsOf,
} from './civil.ts';
import { byteLength } from './text.ts';
import { type Chunk, MONTHS, NAMED_LAYOUTS, parseLayout, WEEKDAYS } from './time-layout.ts';

const RFC3339 = NAMED_LAYOUTS.get('RFC3339') ?? '';
const RFC3339_NANO = NAMED_LAYOUTS.get('RFC3339Nano') ?? '';

/** What a text that does not fit its layout is told; Go's words. */
export class TimeParseError extends Error {
  override readonly name = 'TimeParseError';
}

interface Fields {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  half: 'am' | 'pm' | undefined;
  isUtc: boolean;
  offsetSeconds: number | undefined;
}

/** Nanoseconds since 1970. */
export function parseTime(layout: string, value: string): bigint {
  if (layout === RFC3339 || layout === RFC3339_NANO) {
    const quick = parseRfc3339(value);
    if (quick !== undefined) return quick;
  }
  return new TimeReader(layout, value).read();
}

const RFC3339_SHAPE = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([-+])(\d\d):(\d\d))$/;

function parseRfc3339(value: string): bigint | undefined {
  const found = RFC3339_SHAPE.exec(value);
  if (found === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  const zoneHour = Number(found[9] ?? 0);
  const zoneMinute = Number(found[10] ?? 0);
  const isInRange =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(month, year) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59 &&
    zoneHour <= 23 &&
    zoneMinute <= 59;
  if (!isInRange) return undefined;
  const offset = (zoneHour * 60 + zoneMinute) * 60 * (found[8] === '-' ? -1 : 1);
  const seconds = secondsOf({ year, month, day, hour, minute, second }) - offset;
  return BigInt(seconds) * NS_PER_SECOND + BigInt(nanoseconds(found[7] ?? ''));
}

/** Digits behind a point, cut after the ninth. */
function nanoseconds(digits: string): number {
  return Number(digits.slice(0, 9).padEnd(9, '0'));
}

class TimeReader {
  readonly #layout: string;
  readonly #value: string;
  #rest: string;
  readonly #fields: Fields = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    half: undefined,
    isUtc: false,
    offsetSeconds: undefined,
  };

  constructor(layout: string, value: string) {
    this.#layout = layout;
    this.#value = value;
    this.#rest = value;
  }

  read(): bigint {
    const { chunks, suffix } = parseLayout(this.#layout);
    for (const [at, chunk] of chunks.entries()) {
      this.#skip(chunk.prefix);
      const hold = this.#rest;
      if (!this.#field(chunk, chunks[at + 1])) throw this.#unfit(hold, chunk.text);
    }
    this.#skip(suffix);
    if (this.#rest !== '') throw this.#wrong(`: extra text: ${quoteTime(this.#rest)}`);
    return this.#time();
  }

  #unfit(value: string, element: string): TimeParseError {
    return new TimeParseError(
      `parsing time ${quoteTime(this.#value)} as ${quoteTime(this.#layout)}: cannot parse ${quoteTime(value)} as ${quoteTime(element)}`,
    );
  }

  #wrong(message: string): TimeParseError {
    return new TimeParseError(`parsing time ${quoteTime(this.#value)}${message}`);
  }

  /** Runs of spaces are equal, of whatever length. */
  #skip(prefix: string): void {
    let wanted = prefix;
    while (wanted !== '') {
      if (wanted.startsWith(' ')) {
        if (this.#rest !== '' && !this.#rest.startsWith(' ')) throw this.#unfit(this.#rest, prefix);
        wanted = wanted.replace(/^ +/, '');
        this.#rest = this.#rest.replace(/^ +/, '');
        continue;
      }
      if (this.#rest.charAt(0) !== wanted.charAt(0)) throw this.#unfit(this.#rest, prefix);
      wanted = wanted.slice(1);
      this.#rest = this.#rest.slice(1);
    }
  }

  /** Reads one field; false where it does not fit. */
  #field(chunk: Chunk, next: Chunk | undefined): boolean {
    switch (chunk.field) {
      case 'hour':
      case 'hour12':
      case 'zeroHour12':
      case 'minute':
      case 'zeroMinute':
      case 'second':
      case 'zeroSecond':
        return this.#clock(chunk, next);
      case 'PM':
      case 'pm':
        return this.#half(chunk.field);
      case 'zoneName':
        return this.#zoneName();
      case 'zoneOffset':
        return this.#zoneOffset(chunk.text);
      case 'fraction0':
        return this.#exactFraction(chunk.text.length);
      case 'fraction9':
        this.#anyFraction();
        return true;
      default:
        return this.#date(chunk);
    }
  }

  #date(chunk: Chunk): boolean {
    switch (chunk.field) {
      case 'year':
        return this.#number(/^\d\d/, 'year') && this.#century();
      case 'longYear':
        return this.#number(/^\d{4}/, 'year');
      case 'month':
        return this.#name(MONTHS, 3, (index) => (this.#fields.month = index + 1));
      case 'longMonth':
        return this.#name(MONTHS, 9, (index) => (this.#fields.month = index + 1));
      case 'numMonth':
        return this.#number(/^\d\d?/, 'month') && this.#inRange('month', 1, 12);
      case 'zeroMonth':
        return this.#number(/^\d\d/, 'month') && this.#inRange('month', 1, 12);
      case 'weekday':
        return this.#name(WEEKDAYS, 3, () => undefined);
      case 'longWeekday':
        return this.#name(WEEKDAYS, 9, () => undefined);
      case 'day':
        return this.#number(/^\d\d?/, 'day');
      case 'underDay':
        return this.#number(/^ ?(\d\d?)/, 'day');
      case 'zeroDay':
        return this.#number(/^\d\d/, 'day');
      case 'underYearDay':
        return this.#number(/^ {0,2}(\d{1,3})/, 'yearDay');
      case 'zeroYearDay':
        return this.#number(/^\d{3}/, 'yearDay');
      default:
        return false;
    }
  }

  #number(
    shape: RegExp,
    field: 'year' | 'month' | 'day' | 'yearDay' | 'hour' | 'minute' | 'second',
  ): boolean {
    const found = shape.exec(this.#rest);
    if (found === null) return false;
    this.#fields[field] = Number(found[1] ?? found[0]);
    this.#rest = this.#rest.slice(found[0].length);
    return true;
  }

  /** Two digits of a year: 69 to 99 are of the last century. */
  #century(): true {
    this.#fields.year += this.#fields.year >= 69 ? 1900 : 2000;
    return true;
  }

  #inRange(field: 'month' | 'hour' | 'minute' | 'second', low: number, high: number): true {
    const value = this.#fields[field];
    if (value < low || value > high) throw this.#wrong(`: ${field} out of range`);
    return true;
  }

  #name(names: readonly string[], length: number, take: (index: number) => void): boolean {
    const index = names.findIndex((name) => {
      const wanted = name.slice(0, length);
      return this.#rest.slice(0, wanted.length).toLowerCase() === wanted.toLowerCase();
    });
    if (index < 0) return false;
    this.#rest = this.#rest.slice(Math.min(length, names[index]?.length ?? 0));
    take(index);
    return true;
  }

  #clock(chunk: Chunk, next: Chunk | undefined): boolean {
    switch (chunk.field) {
      case 'hour':
        return this.#number(/^\d\d?/, 'hour') && this.#inRange('hour', 0, 23);
      case 'hour12':
        return this.#number(/^\d\d?/, 'hour') && this.#inRange('hour', 0, 12);
      case 'zeroHour12':
        return this.#number(/^\d\d/, 'hour') && this.#inRange('hour', 0, 12);
      case 'minute':
        return this.#number(/^\d\d?/, 'minute') && this.#inRange('minute', 0, 59);
      case 'zeroMinute':
        return this.#number(/^\d\d/, 'minute') && this.#inRange('minute', 0, 59);
      case 'second':
        return this.#number(/^\d\d?/, 'second') && this.#seconds(next);
      default:
        return this.#number(/^\d\d/, 'second') && this.#seconds(next);
    }
  }

  /** A fraction may follow the seconds even where the layout has none. */
  #seconds(next: Chunk | undefined): true {
    this.#inRange('second', 0, 59);
    const isInLayout = next?.field === 'fraction0' || next?.field === 'fraction9';
    if (!isInLayout && /^[.,]\d/.test(this.#rest)) this.#anyFraction();
    return true;
  }

  #anyFraction(): void {
    const found = /^[.,](\d+)/.exec(this.#rest);
    if (found === null) return;
    this.#fields.nanosecond = nanoseconds(found[1] ?? '');
    this.#rest = this.#rest.slice(found[0].length);
  }

  #exactFraction(length: number): boolean {
    const text = this.#rest.slice(0, length);
    if (text.length < length || !/^[.,]\d+$/.test(text)) return false;
    this.#fields.nanosecond = nanoseconds(text.slice(1));
    this.#rest = this.#rest.slice(length);
    return true;
  }

  #half(field: 'PM' | 'pm'): boolean {
    const text = this.#rest.slice(0, 2);
    const isUpper = field === 'PM';
    if (text !== (isUpper ? 'PM' : 'pm') && text !== (isUpper ? 'AM' : 'am')) return false;
    this.#fields.half = text.toLowerCase() === 'pm' ? 'pm' : 'am';
    this.#rest = this.#rest.slice(2);
    return true;
  }

  #zoneOffset(spelling: string): boolean {
    if (spelling.startsWith('Z') && this.#rest.startsWith('Z')) {
      this.#fields.isUtc = true;
      this.#rest = this.#rest.slice(1);
      return true;
    }
    const shape = spelling.slice(1).replaceAll(/\d\d/g, '(\\d\\d)');
    const found = new RegExp(`^([-+])${shape}`).exec(this.#rest);
    if (found === null) return false;
    const [hours = 0, minutes = 0, seconds = 0] = found.slice(2).map(Number);
    if (hours > 24) throw this.#wrong(': time zone offset hour out of range');
    if (minutes > 60) throw this.#wrong(': time zone offset minute out of range');
    if (seconds > 60) throw this.#wrong(': time zone offset second out of range');
    const offset = (hours * 60 + minutes) * 60 + seconds;
    this.#fields.offsetSeconds = found[1] === '-' ? -offset : offset;
    this.#rest = this.#rest.slice(found[0].length);
    return true;
  }

  #zoneName(): boolean {
    if (this.#rest.startsWith('UTC')) {
      this.#fields.isUtc = true;
      this.#rest = this.#rest.slice(3);
      return true;
    }
    const length = zoneNameLength(this.#rest);
    if (length === 0) return false;
    this.#rest = this.#rest.slice(length);
    return true;
  }

  #time(): bigint {
    const fields = this.#fields;
    if (fields.half === 'pm' && fields.hour < 12) fields.hour += 12;
    else if (fields.half === 'am' && fields.hour === 12) fields.hour = 0;
    if (fields.yearDay >= 0) this.#takeYearDay();
    const month = fields.month < 0 ? 1 : fields.month;
    const day = fields.day < 0 ? 1 : fields.day;
    if (day < 1 || day > daysInMonth(month, fields.year)) throw this.#wrong(': day out of range');
    const civil: CivilTime = { ...fields, month, day };
    return BigInt(secondsOf(civil) - this.#offset()) * NS_PER_SECOND + BigInt(fields.nanosecond);
  }

  #offset(): number {
    if (this.#fields.isUtc) return 0;
    // A name alone, even `GMT+3`, does not move the clock.
    return this.#fields.offsetSeconds ?? 0;
  }

  #takeYearDay(): void {
    const fields = this.#fields;
    const isLeap = isLeapYear(fields.year);
    const isLeapDay = isLeap && fields.yearDay === 60;
    const yearDay = isLeap && fields.yearDay > 60 ? fields.yearDay - 1 : fields.yearDay;
    if (yearDay < 1 || yearDay > 365) throw this.#wrong(': day-of-year out of range');
    let month = 12;
    while (daysBeforeMonth(month) >= yearDay) month--;
    const day = isLeapDay ? 29 : yearDay - daysBeforeMonth(month);
    if (isLeapDay) month = 2;
    if (fields.month >= 0 && fields.month !== month) {
      throw this.#wrong(': day-of-year does not match month');
    }
    if (fields.day >= 0 && fields.day !== day) throw this.#wrong(': day-of-year does not match day');
    fields.month = month;
    fields.day = day;
  }
}

/** How much of a text looks like the name of a time zone. */
function zoneNameLength(text: string): number {
  if (/^(?:ChST|MeST)/.test(text)) return 4;
  if (text.startsWith('GMT')) return 3 + signedOffsetLength(text.slice(3));
  if (/^[-+]../.test(text)) return signedOffsetLength(text);
  const capitals = /^[A-Z]{0,6}/.exec(text)?.[0] ?? '';
  if (capitals.length === 5) return capitals.endsWith('T') ? 5 : 0;
  if (capitals.length === 4) return capitals.endsWith('T') || capitals === 'WITA' ? 4 : 0;
  return capitals.length === 3 ? 3 : 0;
}

function signedOffsetLength(text: string): number {
  const found = /^[-+](\d+)/.exec(text);
  return found !== null && Number(found[1]) <= 23 ? found[0].length : 0;
}

/** The quoting of package time: anything beyond printable ASCII as bytes. */
export function quoteTime(text: string): string {
  let quoted = '"';
  for (const char of text) {
    if (char >= ' ' && char < '\u0080') quoted += char === '"' || char === '\\' ? `\\${char}` : char;
    else quoted += bytesText(char);
  }
  return `${quoted}"`;
}

function bytesText(char: string): string {
  const bytes = byteLength(char) === 0 ? new Uint8Array() : new TextEncoder().encode(char);
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
