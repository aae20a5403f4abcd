import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import type { AttestationState } from '../state.ts';
import { receiptSummary, statusSummary } from './text.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as const;
const HOSTILE = 'x](http://evil.example) | <img src=x> `y`\n\n# PASSED';
const log = { origin: 'waybill.example.com', logIndex: 7 };
const RECEIPT = {
  runId: 'run-1',
  result: 'FAILED',
  findings: [{ step: 'policy', code: 'policy_failed', message: HOSTILE, material: 'app' }],
  policies: [{ name: HOSTILE, outcome: 'fails', reason: HOSTILE }],
  signer: { type: 'key', name: HOSTILE, fingerprint: DIGEST },
  attestation: { payloadDigest: DIGEST, bundleDigest: DIGEST, log },
  vsa: { bundleDigest: DIGEST, log },
  build: { level: 1, runner: 'stated', reasons: [HOSTILE] },
  verifiedAt: '2026-11-29T08:00:00Z',
} as unknown as Receipt;
const STATE = {
  server: 'https://waybill.example.com',
  run: { id: 'run-1', project: 'demo', workflow: 'build', expiresAt: '2026-11-30T08:00:00Z' },
  contract: { name: 'release', revision: 2 },
  materials: [{ name: 'app', kind: 'ARTIFACT', digest: DIGEST, filename: HOSTILE }],
} as unknown as AttestationState;

/** Markup of the page that nobody but the program wrote: what is left when references and known tags are away. */
function markup(text: string): string {
  return text.replaceAll(/&#\d+;/g, '').replaceAll(/<\/?code>/g, '');
}

describe('receiptSummary', () => {
  it('tells verdict, findings, policies, materials and how to verify, and makes nothing of hostile names', () => {
    const text = receiptSummary(RECEIPT, STATE);
    assert.match(text, /^\n### Waybill: demo\/build: ❌ FAILED\n/);
    assert.deepEqual(text.match(/^#+ .*$/gm)?.slice(1), [
      '#### 1 finding',
      '#### Policies',
      '#### Materials',
      '#### Why this build level',
    ]);
    assert.doesNotMatch(markup(text), /[<>`[\]]|http:/);
    assert.match(text, /attestation verify run-1 --server https&#58;\/\/waybill\.example\.com/);
    for (const row of text.match(/^\| app .*$/gm) ?? []) assert.equal(row.split('|').length, 6);
  });
});

describe('statusSummary', () => {
  it('tells what is missing', () => {
    const row = { name: 'sbom', kind: 'SBOM_SPDX_JSON', need: 'required', group: '', output: false } as const;
    const text = statusSummary(STATE, [{ ...row, recorded: null, missing: true }], {
      judged: [],
      json: [],
      text: () => '',
    });
    assert.match(text, /demo\/build: 1 material missing/);
    assert.match(text, /\| sbom \| SBOM&#95;SPDX&#95;JSON \| required \| ❌ missing \| {2}\|/);
  });
});
