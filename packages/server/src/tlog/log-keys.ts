import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { concat, Fields, fromBase64, fromHex, parseJson, toBase64, utf8 } from '@waybill/core/bytes';
import { sha256, signWith, spkiOf } from '@waybill/core/crypto';
import {
  cosignatureMessage,
  formatCheckpoint,
  formatNote,
  formatTimestamped,
  formatTreeHeadSignature,
  hintOf,
  type NoteKey,
  noteKey,
  parseNote,
  treeHeadBytes,
} from '@waybill/core/tlog';
import type { Seal } from '../ground/index.ts';
import type { SignedHead } from './queries.ts';
import type { LogKind } from './receipt.ts';

/** The keys of one log. Private keys stay inside the functions. */
export interface LogSigner {
  /** The key that names the log in a trusted root. */
  readonly publicKey: KeyObject;
  /** Rekor: the C2SP key id of its Ed25519 key; CT: the RFC 6962 LogID. 32 bytes. */
  readonly keyId: Uint8Array;
  /** One per signature line. */
  readonly noteKeys: readonly NoteKey[];
  /** The caller MUST have proven that this tree extends the last one signed, and persists before it shows the note. */
  signHead(head: Omit<SignedHead, 'checkpoint'>, now: Date): SignedHead;
  /** When a head of this log was signed, as its last signature line says. */
  signedAt(head: Pick<SignedHead, 'checkpoint'>): Date;
  readonly privateKey: KeyObject;
}

const ED25519_PKCS8 = fromHex('302e020100300506032b657004220420');

/** New key material, as it is sealed: seeds where the key has one (the PKCS #8 of ML-DSA differs between Node versions). */
export function generateKeys(kind: LogKind): Uint8Array {
  const secrets =
    kind === 'rekor'
      ? { ed25519: toBase64(randomBytes(32)), mlDsa44: toBase64(randomBytes(32)) }
      : { p256: toBase64(newP256()) };
  return utf8(JSON.stringify(secrets));
}

function newP256(): Uint8Array {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'der', type: 'pkcs8' });
}

export function sealKeys(seal: Seal, origin: string, keys: Uint8Array): Uint8Array {
  return seal.seal(keys, purposeOf(origin));
}

/** Throws `seal_broken`. */
export function openKeys(seal: Seal, origin: string, sealed: Uint8Array): Uint8Array {
  return seal.open(sealed, purposeOf(origin));
}

const purposeOf = (origin: string): string => `tlog:${origin}`;

export function logSigner(kind: LogKind, origin: string, keys: Uint8Array): LogSigner {
  const secrets = new Fields(parseJson(keys, 'keys of the log'), 'keys');
  return kind === 'rekor' ? rekorSigner(origin, secrets) : ctSigner(origin, secrets);
}

/** C2SP tlog-tiles.md: one Ed25519 line by the log; an ML-DSA-44 cosignature by the log itself beside it. */
function rekorSigner(origin: string, secrets: Fields): LogSigner {
  const ed25519 = privateKeyFrom(concat(ED25519_PKCS8, fromBase64(secrets.string('ed25519'))));
  const mlDsa = createPrivateKey({
    key: Buffer.from(fromBase64(secrets.string('mlDsa44'))),
    format: 'raw-seed',
    asymmetricKeyType: 'ml-dsa-44',
  });
  const classic = noteKey(origin, createPublicKey(ed25519));
  const postQuantum = noteKey(origin, createPublicKey(mlDsa));
  return {
    publicKey: classic.publicKey,
    privateKey: ed25519,
    keyId: classic.keyId,
    noteKeys: [classic, postQuantum],
    signHead(head, now) {
      const text = formatCheckpoint({ origin, ...head });
      const timestampS = Math.floor(now.getTime() / 1000);
      const message = cosignatureMessage({ name: origin, timestampS, checkpoint: { origin, ...head } });
      const signatures = [
        { name: origin, hint: hintOf(classic), signature: signWith(ed25519, utf8(text)) },
        {
          name: origin,
          hint: hintOf(postQuantum),
          signature: formatTimestamped(timestampS, signWith(mlDsa, message)),
        },
      ];
      return { ...head, checkpoint: formatNote({ text, signatures }) };
    },
    signedAt: ({ checkpoint }) => new Date(timestampOf(checkpoint) * 1000),
  };
}

/** static-ct-api.md: one RFC 6962 tree head signature. */
function ctSigner(origin: string, secrets: Fields): LogSigner {
  const p256 = privateKeyFrom(fromBase64(secrets.string('p256')));
  const key = noteKey(origin, createPublicKey(p256), { type: 'rfc6962-sth' });
  return {
    publicKey: key.publicKey,
    privateKey: p256,
    keyId: sha256(spkiOf(key.publicKey)),
    noteKeys: [key],
    signHead(head, now) {
      const text = formatCheckpoint({ origin, ...head });
      const timestampMs = now.getTime();
      const signature = formatTreeHeadSignature(
        timestampMs,
        signWith(p256, treeHeadBytes(head, timestampMs)),
      );
      const signatures = [{ name: origin, hint: hintOf(key), signature }];
      return { ...head, checkpoint: formatNote({ text, signatures }) };
    },
    signedAt: ({ checkpoint }) => new Date(timestampOf(checkpoint)),
  };
}

/** The last line of both kinds begins with a u64 timestamp: of seconds in a cosignature, of milliseconds in a tree head. */
function timestampOf(checkpoint: string): number {
  const signature = parseNote(checkpoint).signatures.at(-1)?.signature ?? new Uint8Array(8);
  return Number(Buffer.from(signature).readBigUInt64BE());
}

function privateKeyFrom(pkcs8: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
}
