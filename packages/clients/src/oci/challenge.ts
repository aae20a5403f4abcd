/** One challenge of a WWW-Authenticate header (RFC 9110 §11.6.1): scheme in lower case, and its parameters. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const MAX_HEADER_CHARS = 8192;
// A scheme followed by a space, or one parameter; commas between challenges and between parameters look alike.
const PART =
  /([A-Za-z0-9_-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|(?=\s+[A-Za-z0-9_-]+\s*=)|(?=\s*(?:,|$)))/g;

/** All challenges of a header; what is not understood is left out. */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  for (const [, name = '', quoted, token] of header.slice(0, MAX_HEADER_CHARS).matchAll(PART)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? token;
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: Object.create(null) });
    else {
      const parameters = challenges.at(-1)?.parameters;
      if (parameters !== undefined) parameters[name.toLowerCase()] = value;
    }
  }
  return challenges;
}
