/** encoding/pem: the next block of a text, and what follows it. */
import { Base64Error, decodeBase64 } from '../go/base64.ts';

export interface PemBlock {
  readonly type: string;
  readonly bytes: Uint8Array;
}

export interface PemResult {
  readonly block: PemBlock | undefined;
  readonly rest: string;
}

const BLOCK = /-----BEGIN ([^\n]*?)-----[ \t\r]*\n([\s\S]*?)-----END ([^\n]*?)-----[ \t\r]*(?:\n|$)/g;

/** Without a block, the rest is the whole text. */
export function decodePem(text: string): PemResult {
  for (const found of text.matchAll(BLOCK)) {
    const [whole, type = '', body = '', end = ''] = found;
    const isAtLineStart = found.index === 0 || text[found.index - 1] === '\n';
    const bytes = isAtLineStart && type === end ? decodeBody(body) : undefined;
    if (bytes !== undefined) return { block: { type, bytes }, rest: text.slice(found.index + whole.length) };
  }
  return { block: undefined, rest: text };
}

/** Headers of the form `Key: value` stand before an empty line, and are left out. */
function decodeBody(body: string): Uint8Array | undefined {
  const data = body.replace(/^(?:[^\n:]+:[^\n]*\n)+\s*/, '').replaceAll(/[ \t]/g, '');
  try {
    return decodeBase64(data, 'standard');
  } catch (error) {
    if (error instanceof Base64Error) return undefined;
    throw error;
  }
}
