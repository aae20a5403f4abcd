import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { requirePeer } from '../../packages/testkit/src/peers.ts';
import { difference, ourVerdict } from './compare.ts';
import { OpaServer } from './opa-server.ts';
import { Programs } from './programs.ts';

const opa = requirePeer('opa');
/** `WAYBILL_DIFFERENTIAL=10000` for a long run. */
const COUNT = Number(process.env['WAYBILL_DIFFERENTIAL'] ?? 300);
const SEED = 20_261_128;

describe('generated programs', { skip: opa.skip }, () => {
  const server = new OpaServer(opa.path ?? '');
  before(() => server.start());
  after(() => server.stop());

  it('mean the same to us and to OPA', async () => {
    const programs = new Programs(SEED);
    for (let at = 0; at < COUNT; at++) {
      const module = programs.next();
      const found = difference(ourVerdict(module), await server.judge(module));
      assert.equal(found, undefined, `program ${at} of seed ${SEED}:\n${module}`);
    }
  });
});
