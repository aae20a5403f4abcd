import { explainLookAlike, quoted } from '../bytes/index.ts';
import type { DocObject } from './doc-node.ts';

/** DNS-1123 label without its length limit, which Chainloop leaves out as well. */
export const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const MAX_NAME = 63;

/** A DNS label; records what is wrong with it. */
export function readName(object: DocObject, key: string): string | undefined {
  const text = object.requiredText(key);
  if (text === undefined) return undefined;
  const why = explainLookAlike(text);
  if (!NAME.test(text)) {
    return object
      .get(key)
      ?.error(
        `expected lower-case letters, digits and hyphens, found ${quoted(text)}${why ? ` (${why})` : ''}`,
        suggestName(text),
      );
  }
  if (text.length > MAX_NAME)
    return object.get(key)?.error(`${text.length} characters, the limit is ${MAX_NAME}`);
  return text;
}

function suggestName(text: string): string | undefined {
  const name = text
    .slice(0, MAX_NAME)
    .toLowerCase()
    .replace(/[\s_.]/g, '-');
  return NAME.test(name) ? name : undefined;
}
