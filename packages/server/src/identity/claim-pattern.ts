/** Patterns of claims: what a trusted pipeline's token must say. Pure. */
import { quoted } from '@waybill/core/bytes';

/** What names in tokens are put together with: `repo:acme/app:ref:refs/heads/main`, `…/release.yml@refs/tags/v1`. */
const NO_SEPARATOR = '[^:/@|]';

/**
 * Why a text is no pattern; undefined when it is one. `*` stands for one whole part between separators, or at the end
 * for all the rest: where it could stand for a part of a name, `acme*` would trust `acme-evil` too.
 */
export function patternFault(pattern: string): string | undefined {
  if (pattern === '') return 'expected a text, found nothing';
  if (pattern.length > 500) return `expected at most 500 characters, found ${pattern.length}`;
  const strange = /[^\x20-\x7e]/u.exec(pattern)?.[0];
  if (strange !== undefined) {
    const point = (strange.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `expected letters as tokens have them, found U+${point} in ${quoted(pattern)}, which may only look like one`;
  }
  const half = new RegExp(`(?:${NO_SEPARATOR}\\*|\\*${NO_SEPARATOR})`).exec(pattern)?.[0];
  if (half === undefined) return undefined;
  return (
    `${quoted(pattern)}: a * stands for a whole part between : / @ and |, or for the rest at the end, found ` +
    `${quoted(half)}, which look-alike names would match too`
  );
}

/** True when the whole text is as the pattern says, letter by letter. */
export function patternMatches(pattern: string, text: string): boolean {
  return expressionOf(pattern).test(text);
}

/**
 * True when whole parts stand before the first `*`, two of them at least: `repo:acme/*`. `repo:*` would be everybody
 * whom a public CI system serves.
 */
export function saysWhose(pattern: string): boolean {
  const [start = '', ...more] = pattern.split('*');
  return more.length === 0 || start.split(/[:/@|]+/).length > 2;
}

function expressionOf(pattern: string): RegExp {
  const parts = pattern.split('*');
  const source = parts
    .map((part, index) => {
      const literal = part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      if (index === parts.length - 1) return literal;
      const isRest = index === parts.length - 2 && parts.at(-1) === '';
      return `${literal}${isRest ? '[^]+' : `${NO_SEPARATOR}+`}`;
    })
    .join('');
  return new RegExp(`^${source}$`);
}
