import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Action, authorize } from './authorize.ts';
import type { Principal, Role, Scope, Target } from './principal.ts';

const principal = (role: Role, scope: Scope = { type: 'organization' }): Principal => ({
  orgId: '6a1f6c1e-0000-4000-8000-000000000000',
  orgName: 'default',
  tokenId: '6a1f6c1e-0000-4000-8000-000000000001',
  tokenName: 'ci',
  role,
  scope,
});

const may = (who: Principal, action: Action, target?: Target): boolean => {
  try {
    authorize(who, action, target);
    return true;
  } catch (error) {
    assert.equal((error as { code: string }).code, 'identity_forbidden');
    return false;
  }
};

const MATRIX: Readonly<Record<Role, readonly Action[]>> = {
  viewer: ['read', 'pull', 'decide'],
  robot: ['read', 'pull', 'attest', 'push'],
  member: ['read', 'pull', 'decide', 'attest', 'push', 'write-workflow'],
  admin: [
    'read',
    'pull',
    'decide',
    'attest',
    'push',
    'write-workflow',
    'write-contract',
    'write-token',
    'write-key',
  ],
  owner: [
    'read',
    'pull',
    'decide',
    'attest',
    'push',
    'write-workflow',
    'write-contract',
    'write-token',
    'write-key',
  ],
};

describe('authorize', () => {
  for (const role of Object.keys(MATRIX) as Role[]) {
    it(`allows ${role} exactly its actions`, () => {
      const allowed = MATRIX.owner.filter((action) => may(principal(role), action));
      assert.deepEqual(allowed, MATRIX[role]);
    });
  }

  it('keeps a project token inside its project', () => {
    const who = principal('owner', { type: 'project', project: 'demo' });
    assert.equal(may(who, 'push', { project: 'demo' }), true);
    assert.equal(may(who, 'push', { project: 'demo', workflow: 'build' }), true);
    assert.equal(may(who, 'push', { project: 'demo2', workflow: 'build' }), false);
    assert.equal(may(who, 'read'), false);
    assert.equal(may(who, 'read', { workflow: 'demo' }), false);
  });

  it('keeps a workflow token inside its workflow', () => {
    const who = principal('owner', { type: 'workflow', project: 'demo', workflow: 'build' });
    assert.equal(may(who, 'attest', { project: 'demo', workflow: 'build' }), true);
    assert.equal(may(who, 'attest', { project: 'demo', workflow: 'release' }), false);
    assert.equal(may(who, 'attest', { project: 'other', workflow: 'build' }), false);
    assert.equal(may(who, 'read', { project: 'demo' }), false);
    assert.equal(may(who, 'read', {}), false);
  });

  it('says who, what, what was needed', () => {
    assert.throws(() => authorize(principal('viewer'), 'push'), {
      message: 'Token "ci" has the role viewer; "push" needs member or more. Use a token with that role.',
    });
    assert.throws(
      () =>
        authorize(principal('member', { type: 'project', project: 'demo' }), 'push', {
          project: 'x',
          workflow: 'y',
        }),
      { message: /acts only inside project demo; "push" was asked for workflow x\/y/ },
    );
  });
});
