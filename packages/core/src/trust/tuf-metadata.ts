/**
 * What the four top-level roles of a TUF repository sign (The Update Framework, specification 1.0, §4), without delegations.
 * Keys are Ed25519: theirs is the one spelling in TUF without a line break, so that RFC 8785 gives the bytes of TUF's
 * own canonical JSON, which differs from it in control characters only.
 */
import { canonicalJson, toHex, utf8 } from '../bytes/index.ts';
import { type KeyObject, sha256, signWith, spkiOf } from '../crypto.ts';
import { CodedError } from '../errors.ts';

/** In the order in which they are signed and in which each names the one before it. */
export const TUF_ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type TufRole = (typeof TUF_ROLES)[number];

export interface TufKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface TufTarget {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What readers of one application know; others pass it over. */
  readonly custom?: object;
}

/** What a role says beside its version and its end. */
export type TufContent = { readonly [key: string]: unknown };

const SPEC_VERSION = '1.0.31';
const RAW_KEY_BYTES = 32;

/** §4.3: who may sign for which role, one signature each. */
export function tufRoot(keys: Readonly<Record<TufRole, KeyObject>>): TufContent {
  const entries = TUF_ROLES.map((role) => [role, tufKeyId(keys[role])] as const);
  return {
    consistent_snapshot: true,
    keys: Object.fromEntries(entries.map(([role, id]) => [id, keyJson(keys[role])])),
    roles: Object.fromEntries(entries.map(([role, id]) => [role, { keyids: [id], threshold: 1 }])),
  };
}

/** §4.5. */
export function tufTargets(targets: readonly TufTarget[]): TufContent {
  const described = targets.map(({ name, bytes, custom }) => [
    name,
    { length: bytes.length, hashes: { sha256: toHex(sha256(bytes)) }, ...(custom && { custom }) },
  ]);
  return { targets: Object.fromEntries(described) };
}

/** §4.4 and §4.6: the version of the file that counts now. */
export function tufPointer(file: 'targets.json' | 'snapshot.json', version: number): TufContent {
  return { meta: { [file]: { version } } };
}

export interface TufStatement {
  readonly role: TufRole;
  readonly version: number;
  readonly expires: Date;
  readonly content: TufContent;
}

/** A metadata file (§4.2). Throws `trust_tuf_text` for a text that canonical JSON spells in two ways. */
export function signTufMetadata(statement: TufStatement, { privateKey, publicKey }: TufKey): Uint8Array {
  const { role, version, expires, content } = statement;
  const signed = { ...content, _type: role, spec_version: SPEC_VERSION, version, expires: timeText(expires) };
  const text = canonicalJson(signed);
  // RFC 8785 escapes control characters, TUF does not: clients would check the signature over other bytes.
  if (/\\[^"\\]/.test(text.replaceAll('\\\\', ''))) {
    throw new CodedError('trust_tuf_text', `TUF metadata of ${role} cannot hold a control character`);
  }
  const signature = { keyid: tufKeyId(publicKey), sig: toHex(signWith(privateKey, utf8(text))) };
  return utf8(canonicalJson({ signatures: [signature], signed }));
}

export function tufKeyId(publicKey: KeyObject): string {
  return toHex(sha256(utf8(canonicalJson(keyJson(publicKey)))));
}

function keyJson(publicKey: KeyObject): object {
  // RFC 8410: the key is what the SubjectPublicKeyInfo ends with.
  const raw = spkiOf(publicKey).subarray(-RAW_KEY_BYTES);
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: toHex(raw) } };
}

/** §4.2.1: whole seconds in UTC. */
function timeText(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
