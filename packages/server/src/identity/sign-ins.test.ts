import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { identityError } from './errors.ts';
import { createSignIns } from './sign-ins.ts';

const ADDRESS = '192.0.2.7';
const pipeline = { tokenId: 't', tokenName: 'pipeline' };
const limits = { tokenPerSecond: 0, failedSignInsPerSecond: 0 };

describe('createSignIns', () => {
  const wrong = (): Promise<never> => Promise.reject(identityError('identity_unauthenticated', 'no'));
  const right = async () => pipeline;

  it('asks about no more tokens from an address with too many failures', async () => {
    const signIns = createSignIns({ ...limits, failedSignInsPerSecond: 1 });
    let asked = 0;
    const guess = (address: string, guess: number) =>
      signIns.attempt({ address, credential: `wb_${guess}` }, () => {
        asked++;
        return wrong();
      });
    for (let at = 0; at < 10; at++)
      await assert.rejects(guess(ADDRESS, at), { code: 'identity_unauthenticated' });
    await assert.rejects(guess(ADDRESS, 10), { code: 'rate_limited', detail: { retryAfterSeconds: 1 } });
    const good = { address: ADDRESS, credential: 'wb_good' };
    await assert.rejects(signIns.attempt(good, right), { code: 'rate_limited' });
    assert.equal(asked, 10);
    await assert.rejects(guess('192.0.2.8', 0), { code: 'identity_unauthenticated' });
  });

  it('lets those go on who share the address and were let in before', async () => {
    const signIns = createSignIns({ ...limits, failedSignInsPerSecond: 1 });
    const neighbour = { address: ADDRESS, credential: 'wb_neighbour' };
    await signIns.attempt(neighbour, right);
    for (let at = 0; at < 10; at++)
      await assert.rejects(signIns.attempt({ address: ADDRESS, credential: `wb_${at}` }, wrong));
    assert.equal(await signIns.attempt(neighbour, right), pipeline);
    // Once revoked, it is a stranger's.
    await assert.rejects(signIns.attempt(neighbour, wrong), { code: 'identity_unauthenticated' });
    await assert.rejects(signIns.attempt(neighbour, right), { code: 'rate_limited' });
  });

  it('takes neither a request without a token nor a fault of ours for a failed sign-in', async () => {
    const signIns = createSignIns({ ...limits, failedSignInsPerSecond: 1 });
    const nobody = { address: ADDRESS, credential: undefined };
    for (let at = 0; at < 50; at++) {
      await assert.rejects(signIns.attempt(nobody, wrong), { code: 'identity_unauthenticated' });
      const fault = signIns.attempt({ address: ADDRESS, credential: 'wb_x' }, async () =>
        assert.fail('disk'),
      );
      await assert.rejects(fault, /disk/);
    }
  });

  it('counts the requests of a token, whatever address they come from', async () => {
    const signIns = createSignIns({ ...limits, tokenPerSecond: 1 });
    const from = (at: number) => ({ address: `192.0.2.${at}`, credential: 'wb_good' });
    for (let at = 0; at < 9; at++) await signIns.attempt(from(at), right);
    signIns.use(pipeline);
    await assert.rejects(signIns.attempt(from(9), right), { code: 'rate_limited', message: /"pipeline"/ });
    assert.throws(() => signIns.use(pipeline), { code: 'rate_limited' });
    signIns.use({ tokenId: 'another', tokenName: 'another' });
  });
});
