import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { acceptRequest } from './parse-request.ts';

describe('acceptRequest', () => {
  it('repeats little of what it refuses: the message goes into answers and logs', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const rawBytes = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const verifier = { publicKey: { rawBytes }, keyDetails: 'a'.repeat(100_000) };
    const request = { hashedRekordRequestV002: { digest: 'AA==', signature: { content: 'AA==', verifier } } };
    assert.throws(
      () => acceptRequest(request),
      (error) => isCoded(error, 'tlog_key_refused') && error.message.length < 400,
    );
  });
});
