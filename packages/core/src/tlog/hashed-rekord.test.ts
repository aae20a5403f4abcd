import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromUtf8, utf8 } from '../bytes/index.ts';
import { isCoded } from '../errors.ts';
import { formatTransparencyLogEntry } from './entry.ts';
import { formatHashedRekord, parseHashedRekord } from './hashed-rekord.ts';

const rekord = {
  digest: Buffer.alloc(32, 1),
  signature: Buffer.from('signature'),
  verifier: { certificate: Buffer.from('certificate') },
  keyDetails: 'PKIX_ECDSA_P256_SHA_256',
} as const;

describe('formatHashedRekord', () => {
  it('writes the canonical body of hashedrekord 0.0.2', () => {
    assert.equal(
      fromUtf8(formatHashedRekord(rekord)),
      '{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{"data":{"algorithm":"SHA2_256","digest":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="},"signature":{"content":"c2lnbmF0dXJl","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","x509Certificate":{"rawBytes":"Y2VydGlmaWNhdGU="}}}}}}',
    );
  });

  it('refuses a digest of another length', () => {
    assert.throws(() => formatHashedRekord({ ...rekord, digest: Buffer.alloc(20) }), {
      code: 'tlog_entry_invalid',
    });
  });
});

describe('parseHashedRekord', () => {
  it('reads both kinds of verifier', () => {
    const withKey = { ...rekord, verifier: { publicKey: Buffer.from('key') } } as const;
    assert.deepEqual(parseHashedRekord(formatHashedRekord(rekord)), rekord);
    assert.deepEqual(parseHashedRekord(formatHashedRekord(withKey)), withKey);
  });

  it('gives a coded error for other bytes and for any spelling that is not canonical', () => {
    const body = fromUtf8(formatHashedRekord(rekord));
    assert.throws(() => parseHashedRekord(utf8(`${body} `)), { code: 'tlog_entry_invalid' });
    fc.assert(
      fc.property(
        fc.nat(body.length),
        fc.nat(6),
        fc.constantFrom('', '{', '"', ',', 'x', 'null'),
        (at, cut, text) => {
          const mutated = body.slice(0, at) + text + body.slice(at + cut);
          try {
            assert.deepEqual(formatHashedRekord(parseHashedRekord(utf8(mutated))), utf8(mutated));
          } catch (error) {
            assert.ok(isCoded(error, 'tlog_entry_invalid'), String(error));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('formatTransparencyLogEntry', () => {
  it('writes 64-bit integers as strings and leaves nothing out', () => {
    const inclusionProof = {
      logIndex: 0,
      treeSize: 1,
      rootHash: Buffer.alloc(32),
      hashes: [],
      checkpoint: 'note',
    };
    const entry = formatTransparencyLogEntry({
      logIndex: 0,
      keyId: Buffer.alloc(32),
      kind: 'hashedrekord',
      version: '0.0.2',
      integratedTimeS: 0,
      inclusionProof,
      canonicalizedBody: utf8('body'),
    });
    assert.equal(entry.logIndex, '0');
    assert.equal(entry.integratedTime, '0');
    assert.equal(entry.inclusionPromise, null);
    assert.deepEqual((entry.inclusionProof as { checkpoint: unknown }).checkpoint, { envelope: 'note' });
  });
});
