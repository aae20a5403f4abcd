/** Checkpoints and their signatures (C2SP signed-note.md, tlog-cosignature.md, static-ct-api.md), by node:crypto alone. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, verify } from 'node:crypto';

export interface Head {
  readonly size: number;
  readonly root: Buffer;
}

interface Line {
  readonly hint: Buffer;
  readonly signature: Buffer;
}

interface ParsedNote extends Head {
  readonly origin: string;
  readonly text: string;
  readonly lines: readonly Line[];
}

/** Whether a signature line is by this key, and right. */
export interface Signer {
  readonly what: string;
  readonly hint: Buffer;
  verify(note: ParsedNote, signature: Buffer): boolean;
}

export function parseNote(note: string): ParsedNote {
  const end = note.lastIndexOf('\n\n');
  const [origin = '', size = '', root = ''] = note.slice(0, end).split('\n');
  const lines = note
    .slice(end + 2)
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64');
      return { hint: bytes.subarray(0, 4), signature: bytes.subarray(4) };
    });
  return {
    origin,
    size: Number(size),
    root: Buffer.from(root, 'base64'),
    text: note.slice(0, end + 1),
    lines,
  };
}

/** What is wrong with the checkpoint of a log, in words; each of its keys must have signed it. */
export function faultOfNote(note: string, origin: string, signers: readonly Signer[]): string | null {
  const parsed = parseNote(note);
  if (parsed.origin !== origin) return `it is of the log ${JSON.stringify(parsed.origin)}`;
  if (!Number.isSafeInteger(parsed.size) || parsed.root.length !== 32) return 'it names no size and root';
  for (const signer of signers) {
    const line = parsed.lines.find(({ hint }) => hint.equals(signer.hint));
    if (line === undefined) return `it is not signed with the ${signer.what} key`;
    if (!signer.verify(parsed, line.signature)) return `its ${signer.what} signature is wrong`;
  }
  return null;
}

/** The keys of a log out of what is sealed in its row. */
export function signersOf(origin: string, secrets: Readonly<Record<string, string>>): readonly Signer[] {
  const bytes = (name: string) => Buffer.from(secrets[name] ?? '', 'base64');
  if (secrets['p256'] !== undefined)
    return [
      treeHeadSigner(
        origin,
        createPublicKey(createPrivateKey({ key: bytes('p256'), format: 'der', type: 'pkcs8' })),
      ),
    ];
  const seed = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), bytes('ed25519')]);
  const ed25519 = createPublicKey(createPrivateKey({ key: seed, format: 'der', type: 'pkcs8' }));
  const mlDsa = createPublicKey(
    createPrivateKey({ key: bytes('mlDsa44'), format: 'raw-seed', asymmetricKeyType: 'ml-dsa-44' }),
  );
  return [
    {
      what: 'Ed25519',
      hint: hintOf(origin, 1, rawOf(ed25519, 32)),
      verify: ({ text }, signature) => verify(null, Buffer.from(text), ed25519, signature),
    },
    {
      what: 'ML-DSA-44',
      hint: hintOf(origin, 6, rawOf(mlDsa, 1312)),
      verify: (note, signature) =>
        verify(null, cosigned(origin, note, signature.subarray(0, 8)), mlDsa, signature.subarray(8)),
    },
  ];
}

function treeHeadSigner(origin: string, key: KeyObject): Signer {
  const logId = createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest();
  return {
    what: 'ECDSA',
    hint: hintOf(origin, 5, logId),
    // u64 time, then TLS digitally-signed: two algorithm octets and a u16 length.
    verify: ({ size, root }, signature) =>
      verify(
        'sha256',
        Buffer.concat([Uint8Array.of(0, 1), signature.subarray(0, 8), u64(size), root]),
        key,
        signature.subarray(12),
      ),
  };
}

function cosigned(name: string, { origin, size, root }: ParsedNote, time: Buffer): Buffer {
  const short = (text: string) => Buffer.concat([Uint8Array.of(Buffer.byteLength(text)), Buffer.from(text)]);
  return Buffer.concat([
    Buffer.from('subtree/v1\n\0'),
    short(name),
    time,
    short(origin),
    u64(0),
    u64(size),
    root,
  ]);
}

function hintOf(origin: string, type: number, key: Buffer): Buffer {
  const id = createHash('sha256').update(`${origin}\n`).update(Uint8Array.of(type)).update(key).digest();
  return id.subarray(0, 4);
}

function rawOf(key: KeyObject, sizeBytes: number): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-sizeBytes);
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
