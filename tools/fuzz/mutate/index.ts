import type { Random } from '../random.ts';
import { mutateBytes } from './bytes.ts';
import { mutateDer } from './der.ts';
import { mutateJson } from './json.ts';
import { mutateLines } from './lines.ts';

/** Longest input that a mutation makes; what parsers do beyond their own limits their unit tests say. */
const MAX_BYTES = 512 * 1024;

/** A hostile variant of one of `seeds`: one to a few mutations, by structure where there is one. */
export function mutant(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = random.pick(seeds);
  for (let left = random.once(2) ? 1 : 1 + random.skewed(4); left > 0; left--) {
    bytes = mutateOnce(bytes, random, { other: random.pick(seeds), depth: 0 });
    if (bytes.length > MAX_BYTES) return bytes.subarray(0, MAX_BYTES);
  }
  return bytes;
}

function mutateOnce(
  bytes: Uint8Array,
  random: Random,
  { other, depth }: { readonly other: Uint8Array; readonly depth: number },
): Uint8Array {
  if (random.once(6)) return mutateBytes(bytes, random, other);
  const deeper = (inner: Uint8Array): Uint8Array =>
    depth > 3 ? inner : mutateOnce(inner, random, { other: inner, depth: depth + 1 });
  return (
    byStructure(bytes, random, { other, deeper }) ??
    (random.once(3) ? mutateBytes(bytes, random, other) : mutateLines(bytes, random, other))
  );
}

function byStructure(
  bytes: Uint8Array,
  random: Random,
  options: { readonly other: Uint8Array; readonly deeper: (inner: Uint8Array) => Uint8Array },
): Uint8Array | undefined {
  // Large documents cost more to read and write again than what is tested costs.
  if (bytes.length > 128 * 1024) return undefined;
  const first = bytes.find((byte) => byte > 0x20);
  if (first === 0x7b || first === 0x5b) return mutateJson(bytes, random, options);
  if (first === 0x2d) return mutatePem(bytes, random, options.deeper);
  return isText(bytes) ? undefined : mutateDer(bytes, random, options.other);
}

function isText(bytes: Uint8Array): boolean {
  return bytes
    .subarray(0, 64)
    .every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

/** The content of one PEM block, in its own form. */
function mutatePem(
  bytes: Uint8Array,
  random: Random,
  deeper: (inner: Uint8Array) => Uint8Array,
): Uint8Array | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const blocks = text.matchAll(/-----BEGIN [^-]+-----([A-Za-z0-9+/=\s]+)-----END/g).toArray();
  if (blocks.length === 0) return undefined;
  const [, body = ''] = random.pick(blocks);
  const changed = Buffer.from(deeper(Buffer.from(body, 'base64'))).toString('base64');
  return Buffer.from(
    text.replace(body, () => `\n${changed}\n`),
    'latin1',
  );
}
