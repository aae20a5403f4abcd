import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sharedPath } from '@waybill/testkit';
import { FULCIO_DEVIATIONS } from './fulcio-deviations.ts';
import { run } from './fulcio-identity.ts';

const vectors = sharedPath('vectors', 'fulcio-identity');

describe('fulcio-identity', { skip: vectors.skip }, () => {
  it('names every signer as Fulcio does, but where the list of deviations says why not', async () => {
    const results = await run(String(vectors.path));
    assert.ok(results.length >= 400);
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
    const names = new Set(results.map(({ name }) => name));
    assert.deepEqual(
      Object.keys(FULCIO_DEVIATIONS).filter((name) => !names.has(name)),
      [],
      'no such case',
    );
  });
});
