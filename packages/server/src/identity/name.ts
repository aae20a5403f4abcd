import { NAME_PATTERN } from '@waybill/api';
import { identityError } from './errors.ts';

const name = new RegExp(NAME_PATTERN);

export function isName(text: string): boolean {
  return text.length <= 63 && name.test(text);
}

/**
 * Names become path segments (`<org>/<project>/<workflow>` in token subjects and repositories), so a name with a
 * slash could pose as somebody else's. Throws `identity_name_invalid`.
 */
export function parseName(text: string, what: string): string {
  if (isName(text)) return text;
  const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  throw identityError(
    'identity_name_invalid',
    `${what}: expected 1 to 63 of a-z, 0-9 and "-", with no "-" at either end, found ${shown}`,
  );
}
