import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { toBase64, utf8 } from '../bytes/index.ts';
import { isCoded } from '../errors.ts';
import { formatCheckpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { hashLeaf } from './merkle.ts';
import { formatNote, type NoteSignature, parseNote } from './note.ts';
import { formatVerifierKey, hintOf, type NoteKeyType, noteKey } from './note-key.ts';
import {
  cosignatureMessage,
  formatTimestamped,
  formatTreeHeadSignature,
  treeHeadBytes,
} from './note-messages.ts';

const head = { origin: 'log.example', size: 7, rootHash: hashLeaf(utf8('root')) };
const text = formatCheckpoint(head);

interface Signer {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly type: NoteKeyType;
}

const SIGNERS: readonly Signer[] = [
  { ...generateKeyPairSync('ed25519'), type: 'ed25519' },
  { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }), type: 'ecdsa' },
  { ...generateKeyPairSync('rsa', { modulusLength: 2048 }), type: 'rsa' },
  { ...generateKeyPairSync('ml-dsa-44'), type: 'ml-dsa-44' },
  { ...generateKeyPairSync('ec', { namedCurve: 'P-256' }), type: 'rfc6962-sth' },
];

function signatureBytes({ type, privateKey }: Signer): Uint8Array {
  if (type === 'ml-dsa-44') {
    const message = cosignatureMessage({ name: head.origin, timestampS: 1_700_000_000, checkpoint: head });
    return formatTimestamped(1_700_000_000, sign(null, message, privateKey));
  }
  if (type === 'rfc6962-sth') {
    return formatTreeHeadSignature(
      1_700_000_000_123,
      sign('sha256', treeHeadBytes(head, 1_700_000_000_123), privateKey),
    );
  }
  return sign(type === 'ed25519' ? null : 'sha256', utf8(text), privateKey);
}

const keyOf = (signer: Signer) => noteKey(head.origin, signer.publicKey, { type: signer.type });

const lineOf = (signer: Signer): NoteSignature => ({
  name: head.origin,
  hint: hintOf(keyOf(signer)),
  signature: signatureBytes(signer),
});

const lines = SIGNERS.map(lineOf);
const full = formatNote({ text, signatures: lines });

describe('verifyCheckpoint', () => {
  it('verifies each kind of signature among the others, which it ignores', () => {
    for (const signer of SIGNERS) {
      const verified = verifyCheckpoint(full, { origin: head.origin, keys: [keyOf(signer)] });
      assert.equal(verified.size, 7);
      assert.deepEqual(verified.rootHash, head.rootHash);
    }
    assert.equal(verifyCheckpoint(full, { origin: null, keys: SIGNERS.map(keyOf) }).signedBy.length, 5);
  });

  it('refuses a checkpoint without any trusted signature', () => {
    const stranger = noteKey(head.origin, generateKeyPairSync('ed25519').publicKey);
    for (const keys of [[], [stranger]]) {
      assert.throws(() => verifyCheckpoint(full, { origin: head.origin, keys }), {
        code: 'tlog_signature_invalid',
      });
    }
  });

  it('refuses another size under the same signatures, for each kind', () => {
    const other = full.replace('\n7\n', '\n8\n');
    for (const signer of SIGNERS) {
      assert.throws(() => verifyCheckpoint(other, { origin: head.origin, keys: [keyOf(signer)] }), {
        code: 'tlog_signature_invalid',
      });
    }
  });

  it('refuses a wrong signature by a known key even beside a right one', () => {
    const [first, second] = SIGNERS as readonly [Signer, Signer];
    const wrong = { ...lineOf(second), signature: signatureBytes(first) };
    const note = formatNote({ text, signatures: [lineOf(first), wrong] });
    assert.throws(
      () => verifyCheckpoint(note, { origin: head.origin, keys: [keyOf(first), keyOf(second)] }),
      {
        code: 'tlog_signature_invalid',
      },
    );
  });

  it('refuses another origin, and extension lines under a tree head signature that does not cover them', () => {
    assert.throws(() => verifyCheckpoint(full, { origin: 'other.example', keys: SIGNERS.map(keyOf) }), {
      code: 'tlog_origin_mismatch',
    });
    const sth = SIGNERS.filter(({ type }) => type === 'rfc6962-sth');
    const extended = formatNote({ text: `${text}extension\n`, signatures: lines });
    assert.throws(() => verifyCheckpoint(extended, { origin: head.origin, keys: sth.map(keyOf) }), {
      code: 'tlog_signature_invalid',
    });
  });
});

describe('noteKey', () => {
  // The example key of golang.org/x/mod/sumdb/note.
  it('computes the id of the published verifier key PeterNeumann+c74f20a3', () => {
    const raw = Buffer.from('ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'base64');
    const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]);
    const key = noteKey('PeterNeumann', createPublicKey({ key: spki, format: 'der', type: 'spki' }));
    assert.equal(Buffer.from(hintOf(key)).toString('hex'), 'c74f20a3');
    assert.equal(formatVerifierKey(key), `PeterNeumann+c74f20a3+${toBase64(raw)}`);
  });

  it('gives the same key id as a seed gives the same key', () => {
    const seeded = createPrivateKey({
      key: Buffer.alloc(32, 7),
      format: 'raw-seed',
      asymmetricKeyType: 'ml-dsa-44',
    });
    const key = noteKey('log.example', createPublicKey(seeded));
    assert.equal(key.type, 'ml-dsa-44');
    assert.equal(key.keyId.length, 32);
  });
});

describe('parseCheckpoint', () => {
  it('refuses what is no checkpoint', () => {
    const root = toBase64(head.rootHash);
    for (const body of [
      `\n7\n${root}\n`,
      `o\n07\n${root}\n`,
      `o\n-1\n${root}\n`,
      `o\n9007199254740992\n${root}\n`,
      `o\n7\n${root.slice(4)}\n`,
      `o\n7\n${root.replaceAll('=', '')}\n`,
      'o\n7\n',
      `o\n1e3\n${root}\n`,
    ]) {
      const note = formatNote({ text: body, signatures: lines });
      assert.throws(
        () => parseCheckpoint(note),
        (error) => isCoded(error, 'tlog_checkpoint_invalid', 'tlog_note_invalid'),
        body,
      );
    }
  });

  it('gives a coded error for any mutation of a real one', () => {
    const piece = fc.constantFrom(
      '',
      '\n',
      '\n\n',
      '\u2014 ',
      'a b',
      '=',
      '\0',
      '\ud800',
      '9'.repeat(20),
      '+',
    );
    fc.assert(
      fc.property(fc.nat(full.length), fc.nat(8), piece, (at, cut, inserted) => {
        try {
          verifyCheckpoint(full.slice(0, at) + inserted + full.slice(at + cut), {
            origin: null,
            keys: SIGNERS.slice(0, 1).map(keyOf),
          });
        } catch (error) {
          assert.ok(isCoded(error), String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('parseNote', () => {
  it('undoes formatNote and keeps sixteen and more signatures', () => {
    const signatures = Array.from({ length: 40 }, (_, at) => ({
      name: `w${at}`,
      hint: Buffer.alloc(4, at),
      signature: Buffer.of(at),
    }));
    assert.deepEqual(parseNote(formatNote({ text, signatures })), { text, signatures });
  });

  it('gives a coded error for any bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uint8Array()), (input) => {
        assert.throws(
          () => parseNote(input),
          (error) => isCoded(error, 'tlog_note_invalid'),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
