/** time.Time.Format. */
import { type CivilTime, weekdayOf, yearDayOf } from './civil.ts';
import { type Chunk, type Layout, MONTHS, WEEKDAYS } from './time-layout.ts';

export interface ZonedTime {
  readonly civil: CivilTime;
  readonly offsetSeconds: number;
  /** The zone's abbreviation at that time; empty where it has none. */
  readonly zoneName: string;
}

export function formatTime(layout: Layout, time: ZonedTime): string {
  return layout.chunks.map((chunk) => chunk.prefix + fieldText(chunk, time)).join('') + layout.suffix;
}

function fieldText(chunk: Chunk, { civil, offsetSeconds, zoneName }: ZonedTime): string {
  switch (chunk.field) {
    case 'zoneName':
      return zoneName === '' ? offsetText('-0700', offsetSeconds) : zoneName;
    case 'zoneOffset':
      return offsetText(chunk.text, offsetSeconds);
    case 'fraction0':
    case 'fraction9':
      return fractionText(chunk, civil.nanosecond);
    case 'hour':
    case 'hour12':
    case 'zeroHour12':
    case 'minute':
    case 'zeroMinute':
    case 'second':
    case 'zeroSecond':
    case 'PM':
    case 'pm':
      return clockText(chunk.field, civil);
    default:
      return dateText(chunk.field, civil);
  }
}

type ClockField =
  | 'hour'
  | 'hour12'
  | 'zeroHour12'
  | 'minute'
  | 'zeroMinute'
  | 'second'
  | 'zeroSecond'
  | 'PM'
  | 'pm';
type DateField = Exclude<Chunk['field'], ClockField | 'zoneName' | 'zoneOffset' | 'fraction0' | 'fraction9'>;

function clockText(field: ClockField, { hour, minute, second }: CivilTime): string {
  switch (field) {
    case 'hour':
      return padded(hour, 2);
    case 'hour12':
      return String(hour % 12 || 12);
    case 'zeroHour12':
      return padded(hour % 12 || 12, 2);
    case 'minute':
      return String(minute);
    case 'zeroMinute':
      return padded(minute, 2);
    case 'second':
      return String(second);
    case 'zeroSecond':
      return padded(second, 2);
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return hour >= 12 ? 'pm' : 'am';
  }
}

function dateText(field: DateField, civil: CivilTime): string {
  const { year, month, day } = civil;
  switch (field) {
    case 'year':
      return padded(Math.abs(year) % 100, 2);
    case 'longYear':
      return padded(year, 4);
    case 'month':
      return (MONTHS[month - 1] ?? '').slice(0, 3);
    case 'longMonth':
      return MONTHS[month - 1] ?? '';
    case 'numMonth':
      return String(month);
    case 'zeroMonth':
      return padded(month, 2);
    case 'weekday':
      return (WEEKDAYS[weekdayOf(civil)] ?? '').slice(0, 3);
    case 'longWeekday':
      return WEEKDAYS[weekdayOf(civil)] ?? '';
    case 'day':
      return String(day);
    case 'underDay':
      return String(day).padStart(2, ' ');
    case 'zeroDay':
      return padded(day, 2);
    case 'underYearDay':
      return String(yearDayOf(civil)).padStart(3, ' ');
    case 'zeroYearDay':
      return padded(yearDayOf(civil), 3);
  }
}

function padded(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width, '0')}` : String(value).padStart(width, '0');
}

/** The `Z` spellings write UTC as `Z`. */
function offsetText(spelling: string, offsetSeconds: number): string {
  if (spelling.startsWith('Z') && offsetSeconds === 0) return 'Z';
  const size = Math.abs(offsetSeconds);
  const minutes = Math.floor(size / 60);
  const colon = spelling.includes(':') ? ':' : '';
  const sign = offsetSeconds < 0 && minutes > 0 ? '-' : '+';
  let text = sign + padded(Math.floor(minutes / 60), 2);
  const shape = spelling.slice(1).replaceAll(':', '').length;
  if (shape > 2) text += colon + padded(minutes % 60, 2);
  if (shape > 4) text += colon + padded(size % 60, 2);
  return text;
}

/** `.000` always has its digits, `.999` drops zeros and with them the point. */
function fractionText({ field, text }: Chunk, nanosecond: number): string {
  const digits = padded(nanosecond, 9).slice(0, text.length - 1);
  if (field === 'fraction0') return text.charAt(0) + digits.padEnd(text.length - 1, '0');
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '' : text.charAt(0) + kept;
}
