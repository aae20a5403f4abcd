import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Secret } from '@waybill/core';
import { authenticate } from './authenticate.ts';
import { createToken } from './create-token.ts';
import { type IdentityWorld, identityWorld, warmUp } from './fixture.ts';
import { issueIdentityToken, verifyIdentityToken } from './identity-token.ts';
import type { Principal } from './principal.ts';
import {
  createRobotAccount,
  listRobotAccounts,
  revokeRobotAccount,
  rotateRobotAccount,
} from './robot-accounts.ts';

const BUILD = { project: 'demo', workflow: 'build' };
const RELEASE = { project: 'demo', workflow: 'release' };

let w: IdentityWorld;
before(async () => {
  w = await identityWorld();
});
after(() => w.close());

const signIn = (secret: Secret<string>): Promise<Principal> =>
  authenticate(w.deps, `Bearer ${secret.reveal()}`);
const later = (seconds: number): void => {
  w.now = new Date(w.now.getTime() + seconds * 1000);
};

describe('createRobotAccount', () => {
  it('makes a token of one workflow that may do no more than push its runs', async () => {
    const { token, secret } = await createRobotAccount(w.deps, w.owner, { workflow: BUILD, name: 'gitlab' });
    assert.equal(token.role, 'robot');
    assert.deepEqual((await signIn(secret)).scope, { type: 'workflow', ...BUILD });
  });

  it('takes a name once for each workflow, also side by side, and leaves it free for API tokens', async () => {
    await warmUp(w);
    const input = { workflow: BUILD, name: 'same' };
    const made = await Promise.allSettled(
      Array.from({ length: 6 }, () => createRobotAccount(w.deps, w.owner, input)),
    );
    assert.equal(made.filter(({ status }) => status === 'fulfilled').length, 1);
    await createRobotAccount(w.deps, w.owner, { workflow: RELEASE, name: 'same' });
    await createToken(w.deps, w.owner, { name: 'same', role: 'viewer' });
  });

  it('belongs to a workflow, by whichever door it is asked for', async () => {
    for (const scope of [{ type: 'organization' }, { type: 'project', project: 'demo' }] as const) {
      await assert.rejects(createToken(w.deps, w.owner, { name: 'wide', role: 'robot', scope }), {
        code: 'identity_scope_invalid',
      });
    }
  });

  it('is for admins of the workflow', async () => {
    const { principal: member } = await w.token({ role: 'member' });
    const { principal: elsewhere } = await w.token({
      role: 'admin',
      scope: { type: 'project', project: 'other' },
    });
    const { secret } = await createRobotAccount(w.deps, w.owner, { workflow: BUILD, name: 'no-admin' });
    for (const who of [member, elsewhere, await signIn(secret)]) {
      await assert.rejects(createRobotAccount(w.deps, who, { workflow: BUILD, name: 'more' }), {
        code: 'identity_forbidden',
      });
      await assert.rejects(listRobotAccounts(w.deps, who, BUILD), { code: 'identity_forbidden' });
    }
  });
});

describe('listRobotAccounts', () => {
  it('shows those of one workflow and one organisation, with their last use', async () => {
    const workflow = { project: 'lists', workflow: 'build' };
    const { token, secret } = await createRobotAccount(w.deps, w.owner, { workflow, name: 'ci' });
    await createRobotAccount(w.deps, w.owner, { workflow: RELEASE, name: 'ci' });
    await createRobotAccount(w.deps, w.stranger, { workflow, name: 'ci' });
    await signIn(secret);
    await w.deps.usage.settle();
    const rows = await listRobotAccounts(w.deps, w.owner, workflow);
    assert.deepEqual(
      rows.map(({ id, lastUsedAt }) => [id, lastUsedAt?.getTime()]),
      [[token.id, w.now.getTime()]],
    );
  });
});

describe('revokeRobotAccount', () => {
  it('ends it at once, with what was derived from it, and names the way to a new one', async () => {
    const { secret } = await createRobotAccount(w.deps, w.owner, { workflow: BUILD, name: 'leaked' });
    const { jwt } = await issueIdentityToken(w.deps, await signIn(secret), {
      audience: 'sigstore',
      target: BUILD,
    });
    await verifyIdentityToken(w.deps, jwt);
    await revokeRobotAccount(w.deps, w.owner, { workflow: BUILD, account: 'leaked' });
    await assert.rejects(signIn(secret), {
      code: 'identity_unauthenticated',
      message: /"leaked"\) was revoked at .*robot-account rotate/,
    });
    await assert.rejects(verifyIdentityToken(w.deps, jwt), { code: 'identity_token_revoked' });
  });

  it('reaches those of its workflow only, by name and by id, and no other token', async () => {
    const { token } = await createRobotAccount(w.deps, w.owner, { workflow: RELEASE, name: 'theirs' });
    const { principal } = await w.token({ role: 'member', scope: { type: 'workflow', ...BUILD } });
    for (const account of ['theirs', token.id, principal.tokenId, 'nobody', '../x']) {
      await assert.rejects(revokeRobotAccount(w.deps, w.owner, { workflow: BUILD, account }), {
        code: 'identity_token_not_found',
      });
    }
    await revokeRobotAccount(w.deps, w.owner, { workflow: RELEASE, account: token.id });
  });
});

describe('rotateRobotAccount', () => {
  const made = (name: string, expiresInSeconds?: number) =>
    createRobotAccount(w.deps, w.owner, { workflow: BUILD, name, expiresInSeconds });
  const rotate = (account: string, more: object = {}) =>
    rotateRobotAccount(w.deps, w.owner, { workflow: BUILD, account, ...more });

  it('gives a new secret under the old name, and ends the old one at once', async () => {
    const old = await made('turn');
    const { token, secret } = await rotate('turn');
    assert.equal(token.name, 'turn');
    assert.notEqual(token.id, old.token.id);
    assert.equal((await signIn(secret)).role, 'robot');
    await assert.rejects(signIn(old.secret), { code: 'identity_unauthenticated' });
  });

  it('leaves the old one its grace and not a moment more', async () => {
    const old = await made('grace');
    await rotate('grace', { graceSeconds: 600 });
    later(599);
    await signIn(old.secret);
    later(1);
    await assert.rejects(signIn(old.secret), { message: /expired/ });
  });

  it('never lengthens the life of the old one', async () => {
    const old = await made('brief', 60);
    await rotate('brief', { graceSeconds: 3600 });
    later(60);
    await assert.rejects(signIn(old.secret), { message: /expired/ });
  });

  it('gives the new one a life as long as the old one had, also when that is over', async () => {
    await made('renewed', 3600);
    later(7200);
    const { token } = await rotate('renewed');
    assert.equal(token.expiresAt?.getTime(), w.now.getTime() + 3_600_000);
  });

  it('refuses one that was revoked or rotated, a wrong grace, and a life beyond its maker', async () => {
    const old = await made('twice');
    await rotate('twice', { graceSeconds: 600 });
    await assert.rejects(rotate(old.token.id), { code: 'identity_token_ended' });
    await rotate('twice');
    await assert.rejects(rotate('twice', { graceSeconds: -1 }), { code: 'identity_expiry_invalid' });
    await assert.rejects(rotate('twice', { graceSeconds: 31 * 86_400 }), { code: 'identity_expiry_invalid' });
    const { principal } = await w.token({ role: 'admin', expiresInSeconds: 3600 });
    await assert.rejects(rotateRobotAccount(w.deps, principal, { workflow: BUILD, account: 'twice' }), {
      code: 'identity_forbidden',
    });
    await revokeRobotAccount(w.deps, w.owner, { workflow: BUILD, account: 'twice' });
    await assert.rejects(rotate('twice'), { code: 'identity_token_not_found' });
  });

  it('leaves an audit row, also when it is refused', async () => {
    await made('audited');
    const before = (await w.auditActions()).length;
    await rotate('audited');
    const { principal } = await w.token({ role: 'member' });
    const refused = rotateRobotAccount(w.deps, principal, { workflow: BUILD, account: 'audited' });
    await assert.rejects(refused, { code: 'identity_forbidden' });
    const actions = (await w.auditActions()).slice(before);
    assert.ok(actions.includes('identity.rotate-token') && actions.includes('identity.rotate-token refused'));
  });
});
