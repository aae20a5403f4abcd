import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { requirePeer } from '../../packages/testkit/src/peers.ts';
import { differences } from './compare.ts';
import { OpaServer } from './opa-server.ts';

const opa = requirePeer('opa');
/** `npm run differential` takes many more. */
const CASES = 300;
const SEED = 20_261_128;

describe('generated programs', { skip: opa.skip }, () => {
  const server = new OpaServer(opa.path ?? '');
  before(() => server.start());
  after(() => server.stop());

  it('mean the same to us and to OPA', async () => {
    const { found, outcomes } = await differences(server, { cases: CASES, seed: SEED });
    assert.deepEqual(found, []);
    // Programs that neither takes would compare nothing.
    assert.ok((outcomes.get('result') ?? 0) > CASES / 5, JSON.stringify([...outcomes]));
  });
});
