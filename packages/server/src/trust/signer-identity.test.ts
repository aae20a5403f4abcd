import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { signerIdentityOf } from './signer-identity.ts';

const ISSUER = 'https://waybill.example.com/oidc';

describe('signerIdentityOf', () => {
  it('names the holder below the issuer', () => {
    const { identity, extensions } = signerIdentityOf(
      { issuer: ISSUER, subject: 'default/demo/build', claims: {} },
      ISSUER,
    );
    assert.deepEqual(identity, { type: 'uri', value: `${ISSUER}/default/demo/build` });
    assert.deepEqual(extensions, { issuer: ISSUER, tokenSubject: 'default/demo/build' });
  });

  it('gives no name to the holders of tokens of any other issuer, whoever verified them', () => {
    for (const issuer of ['https://accounts.example.com', `${ISSUER}/`, `${ISSUER}/default`, '']) {
      assert.throws(
        () => signerIdentityOf({ issuer, subject: 'default/demo/build', claims: {} }, ISSUER),
        (error) => isCoded(error, 'trust_token_subject'),
      );
    }
  });
});
