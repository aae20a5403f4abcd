import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { isCoded } from '@waybill/core';
import fc from 'fast-check';
import { parseSigningRequest } from './parse-signing-request.ts';
import { provenKey } from './proof-of-possession.ts';

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const content = publicKey.export({ format: 'pem', type: 'spki' }).toString();
const challenges = ['a/b/c'];
const proofOfPossession = sign('sha256', Buffer.from('a/b/c'), privateKey).toString('base64');
const valid = { publicKeyRequest: { publicKey: { algorithm: 'ECDSA', content }, proofOfPossession } };
const parse = (value: unknown, authorization?: string) =>
  parseSigningRequest(Buffer.from(JSON.stringify(value)), authorization);

describe('parseSigningRequest', () => {
  it('reads a request whose key then proves itself', () => {
    const request = parse(valid, 'Bearer x.y.z');
    assert.equal(request.token.reveal(), 'x.y.z');
    assert.equal(provenKey({ claim: request.key, challenges }).equals(publicKey), true);
  });

  it('never shows the token', () => {
    assert.doesNotMatch(
      inspect(parse(valid, 'Bearer x.y.z')) + JSON.stringify(parse(valid, 'Bearer x.y.z')),
      /x\.y\.z/,
    );
  });

  it('refuses two ways to name the key, and none', () => {
    for (const body of [
      { ...valid, certificateSigningRequest: 'AAAA' },
      {},
      { certificateSigningRequest: '' },
    ]) {
      assert.throws(
        () => parse(body, 'Bearer t'),
        (error) => isCoded(error, 'trust_request_invalid'),
      );
    }
  });

  it('gives a coded error for any other body', () => {
    const text = Buffer.from(JSON.stringify(valid));
    const flipped = fc
      .tuple(fc.nat(text.length - 1), fc.nat(255))
      .map(([at, octet]) => Buffer.from(text).fill(octet, at, at + 1));
    const shaped = fc
      .record(
        {
          publicKeyRequest: fc.record({
            publicKey: fc.record({ content: fc.string() }),
            proofOfPossession: fc.base64String(),
          }),
          certificateSigningRequest: fc.base64String(),
          credentials: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => Buffer.from(JSON.stringify(value)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), flipped, shaped), (body) => {
        try {
          provenKey({ claim: parseSigningRequest(body, 'Bearer t').key, challenges });
        } catch (error) {
          assert.ok(isCoded(error), String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
