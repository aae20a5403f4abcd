/** Go's reference time: which part of a layout stands for which field. */

export type Field =
  | 'year'
  | 'longYear'
  | 'month'
  | 'longMonth'
  | 'numMonth'
  | 'zeroMonth'
  | 'weekday'
  | 'longWeekday'
  | 'day'
  | 'underDay'
  | 'zeroDay'
  | 'underYearDay'
  | 'zeroYearDay'
  | 'hour'
  | 'hour12'
  | 'zeroHour12'
  | 'minute'
  | 'zeroMinute'
  | 'second'
  | 'zeroSecond'
  | 'PM'
  | 'pm'
  | 'zoneName'
  | 'zoneOffset'
  | 'fraction0'
  | 'fraction9';

/** One field of a layout and the text before it. */
export interface Chunk {
  readonly prefix: string;
  /** As the layout spells it: `-07:00`, `.000`, `Jan`. */
  readonly text: string;
  readonly field: Field;
}

export interface Layout {
  readonly chunks: readonly Chunk[];
  readonly suffix: string;
}

export const MONTHS =
  'January February March April May June July August September October November December'.split(' ');
export const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** The constants of Go's package time that OPA knows by name. */
export const NAMED_LAYOUTS: ReadonlyMap<string, string> = new Map([
  ['ANSIC', 'Mon Jan _2 15:04:05 2006'],
  ['UnixDate', 'Mon Jan _2 15:04:05 MST 2006'],
  ['RubyDate', 'Mon Jan 02 15:04:05 -0700 2006'],
  ['RFC822', '02 Jan 06 15:04 MST'],
  ['RFC822Z', '02 Jan 06 15:04 -0700'],
  ['RFC850', 'Monday, 02-Jan-06 15:04:05 MST'],
  ['RFC1123', 'Mon, 02 Jan 2006 15:04:05 MST'],
  ['RFC1123Z', 'Mon, 02 Jan 2006 15:04:05 -0700'],
  ['RFC3339', '2006-01-02T15:04:05Z07:00'],
  ['RFC3339Nano', '2006-01-02T15:04:05.999999999Z07:00'],
]);

/** Spellings of fixed form, the longer before those that they begin with. */
const SPELLINGS: readonly (readonly [string, Field])[] = [
  ['January', 'longMonth'],
  ['Monday', 'longWeekday'],
  ['MST', 'zoneName'],
  ['01', 'zeroMonth'],
  ['02', 'zeroDay'],
  ['03', 'zeroHour12'],
  ['04', 'zeroMinute'],
  ['05', 'zeroSecond'],
  ['06', 'year'],
  ['002', 'zeroYearDay'],
  ['15', 'hour'],
  ['1', 'numMonth'],
  ['2006', 'longYear'],
  ['2', 'day'],
  ['_2006', 'longYear'],
  ['_2', 'underDay'],
  ['__2', 'underYearDay'],
  ['3', 'hour12'],
  ['4', 'minute'],
  ['5', 'second'],
  ['PM', 'PM'],
  ['pm', 'pm'],
  ...['-070000', '-07:00:00', '-0700', '-07:00', '-07'].map((text) => [text, 'zoneOffset'] as const),
  ...['Z070000', 'Z07:00:00', 'Z0700', 'Z07:00', 'Z07'].map((text) => [text, 'zoneOffset'] as const),
];

export function parseLayout(layout: string): Layout {
  const chunks: Chunk[] = [];
  let from = 0;
  for (let at = 0; at < layout.length; ) {
    const found = fieldAt(layout, at);
    if (found === undefined) {
      at++;
      continue;
    }
    // `_2006` is an underscore before the year.
    const start = found.text === '_2006' ? at + 1 : at;
    const end = at + found.text.length;
    chunks.push({
      prefix: layout.slice(from, start),
      text: layout.slice(start, end),
      field: found.field,
    });
    from = end;
    at = end;
  }
  return { chunks, suffix: layout.slice(from) };
}

function fieldAt(layout: string, at: number): { text: string; field: Field } | undefined {
  const fraction = fractionAt(layout, at);
  if (fraction !== undefined) return fraction;
  for (const [text, field] of SPELLINGS) {
    if (layout.startsWith(text, at)) return { text, field };
  }
  const isWord = /[a-z]/.test(layout[at + 3] ?? '');
  if (!isWord && layout.startsWith('Jan', at)) return { text: 'Jan', field: 'month' };
  if (!isWord && layout.startsWith('Mon', at)) return { text: 'Mon', field: 'weekday' };
  return undefined;
}

function fractionAt(layout: string, at: number): { text: string; field: Field } | undefined {
  if (layout[at] !== '.' && layout[at] !== ',') return undefined;
  const digit = layout[at + 1];
  if (digit !== '0' && digit !== '9') return undefined;
  let end = at + 1;
  while (layout[end] === digit) end++;
  if (/[0-9]/.test(layout[end] ?? '')) return undefined;
  return { text: layout.slice(at, end), field: digit === '0' ? 'fraction0' : 'fraction9' };
}
