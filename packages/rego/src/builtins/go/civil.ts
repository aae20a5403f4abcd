/** Days, dates and clocks of the proleptic Gregorian calendar, as Go's package time counts them. */

export interface CivilTime {
  readonly year: number;
  /** 1 to 12, and 1 to 31. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

export const NS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400;
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

export function daysInMonth(month: number, year: number): number {
  if (month === 2 && isLeapYear(year)) return 29;
  return daysBeforeMonth(month + 1) - daysBeforeMonth(month);
}

/** In a year that is not leap; `month` may be 13. */
export function daysBeforeMonth(month: number): number {
  return DAYS_BEFORE[month - 1] ?? 0;
}

/** Days since 1970-01-01; months and days beyond their range carry over, as in time.Date. */
export function daysFromDate(year: number, month: number, day: number): number {
  const months = month - 1;
  const y = year + Math.floor(months / 12);
  const m = (((months % 12) + 12) % 12) + 1;
  // Counted in years that begin in March, so that the leap day ends them.
  const shifted = m <= 2 ? y - 1 : y;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5);
  return (
    era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear + day - 1 - 719_468
  );
}

function dateFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const ofEra = z - era * 146_097;
  const years = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100));
  const shifted = Math.floor((5 * ofYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {
    year: years + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}

/** What a clock shows that is `offsetSeconds` ahead of UTC. */
export function civilTime(ns: bigint, offsetSeconds: number): CivilTime {
  const nanosecond = Number(((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND);
  const seconds = Number((ns - BigInt(nanosecond)) / NS_PER_SECOND) + offsetSeconds;
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const ofDay = seconds - days * SECONDS_PER_DAY;
  return {
    ...dateFromDays(days),
    hour: Math.floor(ofDay / 3600),
    minute: Math.floor((ofDay % 3600) / 60),
    second: ofDay % 60,
    nanosecond,
  };
}

/** Seconds since 1970 that a clock of UTC shows so; fields beyond their range carry over. */
export function secondsOf(time: Omit<CivilTime, 'nanosecond'>): number {
  return (
    daysFromDate(time.year, time.month, time.day) * SECONDS_PER_DAY +
    time.hour * 3600 +
    time.minute * 60 +
    time.second
  );
}

/** 0 is Sunday. */
export function weekdayOf({ year, month, day }: CivilTime): number {
  return (((daysFromDate(year, month, day) + 4) % 7) + 7) % 7;
}

export function yearDayOf({ year, month, day }: CivilTime): number {
  return daysFromDate(year, month, day) - daysFromDate(year, 1, 1) + 1;
}
