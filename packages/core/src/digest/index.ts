import { type HashName, hash } from '../crypto.ts';
import { CodedError } from '../errors.ts';

/** `sha256:<64 hex>` (or sha384, sha512): OCI image-spec descriptor.md "Digests"; lower-case hex only. */
export type Digest = `${HashName}:${string}`;

const HEX_LENGTH: Readonly<Record<HashName, number>> = { sha256: 64, sha384: 96, sha512: 128 };

export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, colon);
  if (!Object.hasOwn(HEX_LENGTH, algorithm)) return false;
  const hex = text.slice(colon + 1);
  return hex.length === HEX_LENGTH[algorithm as HashName] && /^[0-9a-f]+$/.test(hex);
}

/** Throws `digest_invalid`. `what` names the field in the message. */
export function parseDigest(text: string, what = 'digest'): Digest {
  if (isDigest(text)) return text;
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  throw new CodedError(
    'digest_invalid',
    `${what}: expected sha256:<64 lower-case hex digits>, found ${JSON.stringify(shown)}`,
  );
}

export function digestOf(bytes: Uint8Array, algorithm: HashName = 'sha256'): Digest {
  return `${algorithm}:${Buffer.from(hash(algorithm, bytes)).toString('hex')}`;
}

export function algorithmOf(digest: Digest): HashName {
  return digest.slice(0, digest.indexOf(':')) as HashName;
}

export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
