import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { utf8 } from '../bytes/index.ts';
import { signWith } from '../crypto.ts';
import { digestOf } from '../digest/index.ts';
import { type Envelope, IN_TOTO_PAYLOAD_TYPE, pae } from '../dsse/index.ts';
import { formatStatement, STATEMENT_TYPE_V1 } from '../intoto/index.ts';
import { codeOf } from '../test-support.ts';
import { verifyEnvelope } from './index.ts';

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const [ann, bob, eve] = [pair(), generateKeyPairSync('ed25519'), pair()];
const FILE = utf8('file');
const payload = formatStatement({
  type: STATEMENT_TYPE_V1,
  subject: [{ name: 'app', digest: { sha256: digestOf(FILE).slice('sha256:'.length) } }],
  predicateType: 'https://example.com/review/v1',
  predicate: null,
});

function signedBy(...signers: readonly ReturnType<typeof pair>[]): Envelope {
  const signed = pae(IN_TOTO_PAYLOAD_TYPE, payload);
  return {
    payloadType: IN_TOTO_PAYLOAD_TYPE,
    payload,
    // Everybody claims the same key id: it decides nothing.
    signatures: signers.map(({ privateKey }) => ({ signature: signWith(privateKey, signed), keyId: 'ann' })),
  };
}

const publicKeys = [ann.publicKey, bob.publicKey];

describe('verifyEnvelope', () => {
  it('says which signature is by whom, and takes no notice of others', () => {
    const { proofs, signedBy: by } = verifyEnvelope(signedBy(eve, bob, ann), { publicKeys, threshold: 2 });
    assert.deepEqual(by, [null, 1, 0]);
    assert.deepEqual(
      proofs.map(({ signer, signedAt, logged }) => [signer, signedAt, logged]),
      publicKeys.map((publicKey) => [{ type: 'key', publicKey }, null, null]),
    );
  });

  it('needs as many signers as its caller expects', () => {
    const refusal = (threshold: number, envelope = signedBy(ann, eve)) =>
      codeOf(() => verifyEnvelope(envelope, { publicKeys, threshold }));
    assert.equal(refusal(1), 'no error');
    assert.equal(refusal(2), 'verify_threshold');
    for (const nobody of [0, -1, Number.NaN]) assert.equal(refusal(nobody), 'verify_threshold');
    assert.equal(refusal(1, signedBy(eve)), 'verify_threshold');
    assert.equal(
      codeOf(() => verifyEnvelope(signedBy(ann), { publicKeys: [], threshold: 1 })),
      'verify_threshold',
    );
  });

  it('counts a signer once: one who signs twice, and one key that is given twice', () => {
    assert.equal(
      codeOf(() => verifyEnvelope(signedBy(ann, ann), { publicKeys, threshold: 2 })),
      'verify_threshold',
    );
    const twice = [ann.publicKey, ann.publicKey];
    assert.equal(
      codeOf(() => verifyEnvelope(signedBy(ann, ann), { publicKeys: twice, threshold: 2 })),
      'verify_threshold',
    );
  });

  it('refuses another payload, another type and another artifact', () => {
    const envelope = signedBy(ann);
    const refusal = (changed: Envelope, artifact = FILE) =>
      codeOf(() => verifyEnvelope(changed, { publicKeys, threshold: 1, artifact }));
    assert.equal(refusal(envelope), 'no error');
    assert.equal(refusal({ ...envelope, payload: utf8('{}') }), 'verify_threshold');
    assert.equal(refusal({ ...envelope, payloadType: 'text/plain' }), 'verify_threshold');
    assert.equal(refusal(envelope, utf8('other')), 'verify_artifact');
  });
});
