/** encoding/pem: the next block of a text, and what follows it. */
import { spendText } from '../../values/meter.ts';
import { Base64Error, decodeBase64 } from '../go/base64.ts';

export interface PemBlock {
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface PemResult {
  readonly block: PemBlock | undefined;
  readonly rest: string;
}

const BEGIN = '-----BEGIN ';
const END = '-----END ';
const DASHES = '-----';

/**
 * Without a block, the rest is the whole text. Of many beginnings only the last one before an end counts, as in Go:
 * each part of the text is looked at once.
 */
export function decodePem(text: string): PemResult {
  for (let from = 0; ; ) {
    const end = text.indexOf(`\n${END}`, from);
    if (end < 0) return { block: undefined, rest: text };
    spendText(end - from);
    const begin = text.slice(from, end).lastIndexOf(BEGIN) + from;
    from = end + 1 + END.length;
    const found = begin < 0 || !isLineStart(text, begin) ? undefined : blockBetween(text, begin, end);
    if (found !== undefined) return found;
  }
}

function isLineStart(text: string, at: number): boolean {
  return at === 0 || text[at - 1] === '\n';
}

function blockBetween(text: string, begin: number, end: number): PemResult | undefined {
  const first = lineEnd(text, begin);
  const line = text.slice(begin + BEGIN.length, first).trimEnd();
  const type = line.slice(0, -DASHES.length);
  const last = lineEnd(text, end + 1);
  const isWhole = line.endsWith(DASHES) && text.slice(end + 1, last).trimEnd() === `${END}${type}${DASHES}`;
  const bytes = isWhole ? decodeBody(text.slice(first + 1, end + 1)) : undefined;
  return bytes && { block: { type, bytes }, rest: text.slice(last + 1) };
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}

/** Headers of the form `Key: value` stand before an empty line, and are left out. */
function decodeBody(body: string): Uint8Array | undefined {
  let start = 0;
  for (let end = lineEnd(body, 0); start < body.length; end = lineEnd(body, start)) {
    if (!body.slice(start, end).includes(':')) break;
    start = end + 1;
  }
  try {
    return decodeBase64(body.slice(start).replaceAll(/[ \t]/g, ''), 'standard');
  } catch (error) {
    if (error instanceof Base64Error) return undefined;
    throw error;
  }
}
