import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameLog } from './birth.ts';

describe('nameLog', () => {
  const name = (publicUrl: string, instanceId = 'a1b2', kind: 'rekor' | 'ct' = 'rekor') =>
    nameLog({ kind, publicUrl, instanceId, year: 2026 });

  it('takes the public host, without port and path', () => {
    assert.equal(name('https://Waybill.Example:8443/x'), 'log2026.waybill.example');
    assert.equal(name('https://waybill.example', 'a1b2', 'ct'), 'ct2026.waybill.example');
  });

  it('takes a name of its own where the host names nothing in the world', () => {
    for (const url of [
      'http://127.0.0.1:7070',
      'http://[::1]:7070',
      'http://localhost',
      'http://a.localhost',
    ]) {
      assert.equal(name(url), 'log2026-a1b2.waybill.internal', url);
    }
  });

  it('never names a successor as the log before it', () => {
    const input = {
      kind: 'rekor',
      publicUrl: 'https://waybill.example',
      instanceId: 'a1b2',
      year: 2026,
    } as const;
    assert.equal(nameLog({ ...input, isSuccessor: true }), 'log2026-a1b2.waybill.example');
  });

  it('refuses what cannot be a hostname', () => {
    for (const [url, instance] of [
      ['http://a_b.example', 'a1'],
      ['http://127.0.0.1', 'A1'],
      ['http://127.0.0.1', 'a/../b'],
      ['http://127.0.0.1', 'a'.repeat(80)],
    ] as const) {
      assert.throws(() => name(url, instance), { code: 'tlog_name_invalid' }, url);
    }
  });
});
