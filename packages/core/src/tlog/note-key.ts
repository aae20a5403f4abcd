import { concat, utf8 } from '../bytes/index.ts';
import { type KeyObject, sha256, spkiOf, verifySignature } from '../crypto.ts';
import { type Checkpoint } from './checkpoint.ts';
import { tlogFormatError } from './errors.ts';
import {
  cosignatureMessage,
  parseTimestamped,
  parseTreeHeadSignature,
  treeHeadBytes,
} from './note-messages.ts';

/**
 * Kinds of note signatures: C2SP signed-note.md 0x01 Ed25519, 0x02 ECDSA; tlog-cosignature.md 0x06 ML-DSA-44;
 * static-ct-api.md 0x05 RFC 6962 tree head; `rsa` is Sigstore's own (0xff with a name).
 */
export type NoteKeyType = 'ed25519' | 'ecdsa' | 'rsa' | 'ml-dsa-44' | 'rfc6962-sth';

export interface NoteKey {
  readonly name: string;
  readonly type: NoteKeyType;
  readonly publicKey: KeyObject;
  /** All 32 bytes; the first four stand in each signature line. */
  readonly keyId: Uint8Array;
}

const NEWLINE = Uint8Array.of(0x0a);

/**
 * A verifier key for notes. The type follows from the key unless told (a P-256 key is `ecdsa` or, in a CT log,
 * `rfc6962-sth`). `keyId` replaces the computed id, for logs whose trusted root records another one.
 * Throws `tlog_key_unsupported`.
 */
export function noteKey(
  name: string,
  publicKey: KeyObject,
  options: { readonly type?: NoteKeyType; readonly keyId?: Uint8Array } = {},
): NoteKey {
  const type = options.type ?? typeOf(publicKey);
  return { name, type, publicKey, keyId: options.keyId ?? noteKeyId(name, publicKey, type) };
}

/** The 32 bytes of which the first four are the key's hint. */
export function noteKeyId(
  name: string,
  publicKey: KeyObject,
  type: NoteKeyType = typeOf(publicKey),
): Uint8Array {
  const spki = spkiOf(publicKey);
  const named = (...rest: readonly Uint8Array[]): Uint8Array => sha256(utf8(name), NEWLINE, ...rest);
  switch (type) {
    case 'ed25519':
      return named(Uint8Array.of(0x01), spki.subarray(-32));
    case 'ecdsa':
      return sha256(spki);
    case 'rsa':
      return named(Uint8Array.of(0xff), utf8('PKIX-RSA-PKCS#1v1.5'), spki);
    case 'ml-dsa-44':
      return named(Uint8Array.of(0x06), spki.subarray(-1312));
    case 'rfc6962-sth':
      return named(Uint8Array.of(0x05), sha256(spki));
  }
}

/** Whether `signature` (without the hint) is this key's signature over the checkpoint in its note. */
export function verifyNoteSignature(key: NoteKey, checkpoint: Checkpoint, signature: Uint8Array): boolean {
  switch (key.type) {
    case 'ed25519':
    case 'ecdsa':
    case 'rsa':
      return verifySignature(key.publicKey, utf8(checkpoint.text), signature);
    case 'ml-dsa-44':
      return verifyCosignature(key, checkpoint, signature);
    case 'rfc6962-sth': {
      const head = parseTreeHeadSignature(signature);
      // RFC 6962 tree heads cover size, time and root only: extension lines would go unsigned.
      if (head === null || checkpoint.extensions.length > 0) return false;
      return verifySignature(
        key.publicKey,
        treeHeadBytes(checkpoint, head.timestampMs),
        head.signature,
        'sha256',
      );
    }
  }
}

function verifyCosignature(key: NoteKey, checkpoint: Checkpoint, signature: Uint8Array): boolean {
  const parts = parseTimestamped(signature);
  if (parts === null || utf8(key.name).length > 255 || utf8(checkpoint.origin).length > 255) return false;
  const message = cosignatureMessage({ name: key.name, timestampS: parts.timestamp, checkpoint });
  return verifySignature(key.publicKey, message, parts.signature);
}

/** First four bytes, as they stand in a signature line. */
export function hintOf(key: Pick<NoteKey, 'keyId'>): Uint8Array {
  return key.keyId.subarray(0, 4);
}

/** `<name>+<hint in hex>+<base64 of type byte and key>`: C2SP signed-note.md "Verifier keys". Ed25519 and ML-DSA-44 only. */
export function formatVerifierKey(key: NoteKey): string {
  const raw =
    key.type === 'ed25519'
      ? concat(Uint8Array.of(0x01), spkiOf(key.publicKey).subarray(-32))
      : key.type === 'ml-dsa-44'
        ? concat(Uint8Array.of(0x06), spkiOf(key.publicKey).subarray(-1312))
        : null;
  if (raw === null) throw unsupported(key.type);
  return `${key.name}+${Buffer.from(hintOf(key)).toString('hex')}+${Buffer.from(raw).toString('base64')}`;
}

function typeOf(publicKey: KeyObject): NoteKeyType {
  switch (publicKey.asymmetricKeyType) {
    case 'ed25519':
      return 'ed25519';
    case 'ec':
      return 'ecdsa';
    case 'rsa':
      return 'rsa';
    case 'ml-dsa-44':
      return 'ml-dsa-44';
    default:
      throw unsupported(String(publicKey.asymmetricKeyType));
  }
}

function unsupported(type: string): ReturnType<typeof tlogFormatError> {
  return tlogFormatError(
    'tlog_key_unsupported',
    `a key of type ${type} cannot sign here: use Ed25519, ECDSA, RSA or ML-DSA-44`,
  );
}
