import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PolicyJudgement, Receipt } from '@waybill/api';
import { createOutput } from './output.ts';
import { receiptText } from './receipt-text.ts';

const digest = `sha256:${'0'.repeat(64)}`;
const log = { origin: 'log', logIndex: 1, treeSize: 2, rootHash: '', hashes: [], checkpoint: '' };
const output = createOutput({ format: 'table', env: {}, stdout: process.stdout, stderr: process.stderr });

const shown = (policies?: PolicyJudgement[]): string => {
  const receipt: Receipt = {
    runId: '7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1',
    result: 'PASSED',
    findings: [],
    ...(policies && { policies }),
    signer: { type: 'key', name: 'k', fingerprint: 'f' },
    attestation: { payloadDigest: digest, bundleDigest: digest, log },
    vsa: { payloadDigest: digest, bundleDigest: digest, log },
    manifestDigest: digest,
    subjects: [],
    verifiedAt: '2026-01-01T00:00:00.000Z',
  };
  return receiptText(receipt, output);
};

describe('receiptText', () => {
  it('says of each policy what it judged and how that ended', () => {
    const text = shown([
      { name: 'licences', digest, material: 'sbom', materialDigest: digest, outcome: 'holds' },
      { name: 'tests', digest, outcome: 'undetermined', cause: 'error', reason: 'no such built-in' },
      { name: 'signer', digest, outcome: 'not applicable', reason: 'the contract disables it' },
    ]);
    const [, policies] = text.split('\n\n');
    assert.deepEqual(policies?.split('\n'), [
      'policies:',
      '  licences about sbom: holds',
      '  tests: undetermined (error: no such built-in)',
      '  signer: not applicable (the contract disables it)',
    ]);
  });

  it('says nothing of policies where none were asked, or none were recorded', () => {
    assert.ok(!shown([]).includes('polic'));
    assert.ok(!shown().includes('polic'));
  });
});
