/** regexp.Expand: `$1`, `$name`, `${name}` and `$$` in a replacement. */

/** The groups of one match; `undefined` for those that took no part. */
export interface MatchedGroups {
  readonly byNumber: readonly (string | undefined)[];
  readonly byName: ReadonlyMap<string, string | undefined>;
}

/** A name is as long as possible: `$1x` is the group named `1x`. What names no group becomes nothing. */
const REFERENCE = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))?/gu;

export function expand(template: string, { byNumber, byName }: MatchedGroups): string {
  if (!template.includes('$')) return template;
  return template.replace(REFERENCE, (whole: string, braced?: string, bare?: string) => {
    const name = braced ?? bare;
    if (name === undefined) return '$';
    const number = /^(?:0|[1-9]\d{0,8})$/.test(name) ? Number(name) : undefined;
    return (number === undefined ? byName.get(name) : byNumber[number]) ?? '';
  });
}
