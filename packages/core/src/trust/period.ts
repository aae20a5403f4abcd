import type { Fields } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import type { ValidityPeriod } from './trusted-root.ts';

/** `validFor` of protobuf-specs' TimeRange in protojson; absent: open on both sides. Throws `shape_invalid`. */
export function readPeriod(fields: Fields): ValidityPeriod {
  const period = fields.optionalObject('validFor');
  return { start: period ? readTime(period, 'start') : null, end: period ? readTime(period, 'end') : null };
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

function readTime(fields: Fields, key: string): Date | null {
  const text = fields.optionalString(key);
  if (text === undefined) return null;
  const time = new Date(RFC3339.test(text) ? text : Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new CodedError('shape_invalid', `${fields.at}.${key}: expected a time like 2025-06-12T12:02:20Z`);
}
