import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CodedError, Secret } from '@waybill/core';
import fc from 'fast-check';
import { sql } from 'kysely';
import { authenticate, authenticateToken } from './authenticate.ts';
import { bootstrap } from './bootstrap.ts';
import { createToken } from './create-token.ts';
import { type IdentityWorld, identityWorld, warmUp } from './fixture.ts';
import { listTokens } from './list-tokens.ts';
import { findToken } from './queries.ts';
import { revokeToken } from './revoke-token.ts';

let w: IdentityWorld;
before(async () => {
  w = await identityWorld();
});
after(() => w.close());

const bearer = (secret: Secret<string>) => `Bearer ${secret.reveal()}`;
const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe('bootstrap', () => {
  it('makes the organisation and its owner once', async () => {
    assert.equal(w.owner.orgName, 'default');
    assert.equal(w.owner.role, 'owner');
    assert.deepEqual(await bootstrap({ db: w.t.db, clock: w.deps.clock }), {
      orgId: w.owner.orgId,
      ownerToken: null,
    });
  });

  it('creates nothing when the owner token cannot be kept', async () => {
    await using fresh = await identityWorld();
    await fresh.t.db.asSystem(async (tx) => {
      await sql`delete from identity_tokens`.execute(tx);
      await sql`delete from identity_organizations`.execute(tx);
    });
    const deps = { db: fresh.t.db, clock: fresh.deps.clock };
    const keepOwnerToken = async () => {
      throw new Error('disk full');
    };
    await assert.rejects(bootstrap({ ...deps, keepOwnerToken }), /disk full/);
    let kept: Secret<string> | undefined;
    const { ownerToken } = await bootstrap({
      ...deps,
      keepOwnerToken: async (token) => {
        kept = token;
      },
    });
    assert.equal(kept?.reveal(), ownerToken?.reveal());
    assert.equal(`${ownerToken}`, '***');
  });
});

describe('authenticate', () => {
  it('takes a bearer token, and basic with any user name', async () => {
    for (const header of [bearer(w.ownerToken), `bearer ${w.ownerToken.reveal()}`]) {
      assert.equal((await authenticate(w.deps, header)).tokenId, w.owner.tokenId);
    }
    for (const user of ['', 'waybill', 'x']) {
      const principal = await authenticate(w.deps, basic(user, w.ownerToken.reveal()));
      assert.equal(principal.tokenId, w.owner.tokenId);
    }
  });

  it('answers an unknown token and a malformed one alike', async () => {
    const messages = new Set<string>();
    for (const text of [`wb_${'A'.repeat(43)}`, 'wb_short', 'nonsense', `wb_${'A'.repeat(44)}`]) {
      const refused = authenticate(w.deps, `Bearer ${text}`);
      await assert.rejects(refused, (error: CodedError) => {
        messages.add(error.message);
        return error.code === 'identity_unauthenticated' && !error.message.includes(text);
      });
    }
    assert.equal(messages.size, 1);
  });

  it('compares hashes in constant time, and a token with nothing', () => {
    const files = globSync('*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('.test.ts'));
    const sources = files.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n');
    assert.match(sources, /credentials\.byHash\(hash\)/);
    assert.match(sources, /findCredentials\(tx, \{ hashes \}\)/);
    // Of the function as it was loaded.
    assert.match(authenticateToken.toString(), /!timingSafeEqual\(row\.hash, hash\)/);
    assert.doesNotMatch(sources, /[!=]==\s*\w*\.reveal\(\)|\.reveal\(\)\s*[!=]==/);
    assert.doesNotMatch(
      sources,
      /\b(?:token|secret|hash)\.equals\(|[!=]== (?:hash|row\.hash)\b|\bhash [!=]== /,
    );
  });

  it('says that an expired token is expired only to its holder', async () => {
    const { secret } = await w.token({ expiresInSeconds: 60 });
    w.now = new Date(w.now.getTime() + 59_999);
    await authenticate(w.deps, bearer(secret));
    w.now = new Date(w.now.getTime() + 1);
    await assert.rejects(authenticate(w.deps, bearer(secret)), {
      code: 'identity_unauthenticated',
      message: /expired at 2026-/,
    });
  });

  it('refuses a revoked token at once', async () => {
    const { secret, principal } = await w.token({});
    await revokeToken(w.deps, w.owner, { id: principal.tokenId });
    await assert.rejects(authenticate(w.deps, bearer(secret)), {
      code: 'identity_unauthenticated',
      message: /revoked/,
    });
  });

  it('tells the sender of a JWT where JWTs go', async () => {
    const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln';
    await assert.rejects(authenticate(w.deps, `Bearer ${jwt}`), {
      code: 'identity_unauthenticated',
      message: /JWT.*signingCert/,
    });
  });

  it('gives a coded error for any header, never a raw exception', async () => {
    const header = fc.oneof(
      fc.constant(undefined),
      fc.string(),
      fc.string().map((text) => `Bearer ${text}`),
      fc.string().map((text) => basic('', text)),
      fc.string().map((text) => `Basic ${text}`),
    );
    await fc.assert(
      fc.asyncProperty(header, async (text) => {
        await assert.rejects(authenticate(w.deps, text), { code: 'identity_unauthenticated' });
      }),
      { numRuns: 500 },
    );
  });

  it('stores only the hash of a token', async () => {
    const { secret } = await w.token({});
    const { rows } = await w.t.db.asSystem((tx) =>
      sql<{ row: string }>`select t::text as row from identity_tokens t`.execute(tx),
    );
    const hex = Buffer.from(secret.reveal()).toString('hex');
    assert.ok(rows.every(({ row }) => !row.includes(secret.reveal()) && !row.includes(hex)));
  });

  it('records the last use, at most once a minute', async () => {
    const { secret, principal } = await w.token({});
    const lastUsed = async () => {
      await w.deps.usage.settle();
      const row = await w.t.db.withOrg(w.owner.orgId, (tx) => findToken(tx, principal.tokenId));
      return row?.lastUsedAt?.getTime();
    };
    const start = w.now.getTime();
    assert.equal(await lastUsed(), start);
    for (const [afterMs, expected] of [
      [59_999, start],
      [60_000, start + 60_000],
    ] as const) {
      w.now = new Date(start + afterMs);
      await authenticate(w.deps, bearer(secret));
      assert.equal(await lastUsed(), expected);
    }
  });
});

describe('createToken', () => {
  it('refuses a role, a scope or a life wider than its creator has', async () => {
    const refused = { code: 'identity_forbidden' };
    const admin = (await w.token({ role: 'admin' })).principal;
    await assert.rejects(createToken(w.deps, admin, { name: 'up', role: 'owner' }), refused);
    const project = { type: 'project', project: 'demo' } as const;
    const inDemo = (await w.token({ role: 'admin', scope: project })).principal;
    for (const scope of [
      { type: 'organization' },
      { type: 'project', project: 'other' },
      { type: 'workflow', project: 'other', workflow: 'build' },
    ] as const) {
      await assert.rejects(createToken(w.deps, inDemo, { name: 'wide', role: 'viewer', scope }), refused);
    }
    const brief = (await w.token({ role: 'admin', expiresInSeconds: 3600 })).principal;
    await assert.rejects(createToken(w.deps, brief, { name: 'long', role: 'viewer' }), refused);
    const later = { name: 'long', role: 'viewer', expiresInSeconds: 3601 } as const;
    await assert.rejects(createToken(w.deps, brief, later), refused);
    await createToken(w.deps, brief, { ...later, name: 'equal-life', expiresInSeconds: 3600 });
  });

  it('gives the scope of its creator when none is named', async () => {
    const scope = { type: 'workflow', project: 'demo', workflow: 'build' } as const;
    const admin = (await w.token({ role: 'admin', scope })).principal;
    const { token } = await createToken(w.deps, admin, { name: 'narrow', role: 'member' });
    assert.deepEqual(token.scope, scope);
  });

  it('is refused to members and viewers', async () => {
    for (const role of ['member', 'viewer'] as const) {
      const { principal } = await w.token({ role });
      await assert.rejects(createToken(w.deps, principal, { name: 'n', role: 'viewer' }), {
        code: 'identity_forbidden',
      });
    }
  });

  it('is refused to a principal whose token was revoked in the meantime', async () => {
    const { principal } = await w.token({ role: 'admin' });
    await revokeToken(w.deps, w.owner, { id: principal.tokenId });
    await assert.rejects(createToken(w.deps, principal, { name: 'late', role: 'viewer' }), {
      code: 'identity_unauthenticated',
    });
  });

  it('keeps names unique among live tokens, also side by side', async () => {
    const input = { name: 'same', role: 'viewer' } as const;
    await warmUp(w);
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => createToken(w.deps, w.owner, input)),
    );
    const made = results.filter((result) => result.status === 'fulfilled');
    const codes = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    assert.equal(made.length, 1);
    assert.deepEqual(
      codes,
      Array.from({ length: 7 }, () => 'identity_token_exists'),
    );
    await revokeToken(w.deps, w.owner, { id: made[0]?.value.token.id ?? '' });
    await createToken(w.deps, w.owner, input);
  });

  it('refuses names that could pose as a path', async () => {
    for (const input of [
      { name: 'ok', role: 'viewer', scope: { type: 'workflow', project: 'demo/build', workflow: 'x' } },
      { name: 'ok', role: 'viewer', scope: { type: 'workflow', project: 'demo', workflow: 'x/y' } },
      { name: 'a/b', role: 'viewer' },
      { name: '', role: 'viewer' },
    ] as const) {
      await assert.rejects(createToken(w.deps, w.owner, input), { code: 'identity_name_invalid' });
    }
  });
});

describe('listTokens', () => {
  it('shows a narrower admin only what lies inside its scope', async () => {
    const inside = (await w.token({ scope: { type: 'workflow', project: 'p1', workflow: 'x' } })).principal;
    await w.token({ scope: { type: 'project', project: 'p2' } });
    const admin = (await w.token({ role: 'admin', scope: { type: 'project', project: 'p1' } })).principal;
    const seen = (await listTokens(w.deps, admin)).map((token) => token.id);
    assert.deepEqual(seen.toSorted(), [inside.tokenId, admin.tokenId].toSorted());
  });

  it('is refused to members and viewers', async () => {
    for (const role of ['member', 'viewer'] as const) {
      const { principal } = await w.token({ role });
      await assert.rejects(listTokens(w.deps, principal), { code: 'identity_forbidden' });
    }
  });

  it('shows nothing of another organisation', async () => {
    const seen = await listTokens(w.deps, w.stranger);
    assert.deepEqual(
      seen.map((token) => token.id),
      [w.stranger.tokenId],
    );
  });
});

describe('revokeToken', () => {
  it("answers another tenant's token exactly as an unknown one", async () => {
    const foreign = w.stranger.tokenId;
    const unknown = randomUUID();
    const answerTo = async (id: string) => {
      try {
        await revokeToken(w.deps, w.owner, { id });
        return assert.fail('revoked');
      } catch (error) {
        assert.ok(error instanceof CodedError);
        return { code: error.code, message: error.message.replace(id, 'ID'), detail: error.detail };
      }
    };
    assert.deepEqual(await answerTo(foreign), await answerTo(unknown));
    assert.equal((await answerTo('../x')).code, 'identity_token_not_found');
    await authenticate(w.deps, bearer(w.strangerToken));
  });

  it('does not reach outside of the scope or above the role', async () => {
    const admin = (await w.token({ role: 'admin' })).principal;
    await assert.rejects(revokeToken(w.deps, admin, { id: w.owner.tokenId }), { code: 'identity_forbidden' });
    const inP1 = (await w.token({ role: 'admin', scope: { type: 'project', project: 'p1' } })).principal;
    const inP2 = (await w.token({ scope: { type: 'project', project: 'p2' } })).principal;
    await assert.rejects(revokeToken(w.deps, inP1, { id: inP2.tokenId }), {
      code: 'identity_token_not_found',
    });
    const member = (await w.token({})).principal;
    await assert.rejects(revokeToken(w.deps, member, { id: inP2.tokenId }), { code: 'identity_forbidden' });
  });

  it('lets any token revoke itself, and is no error twice', async () => {
    const { principal } = await w.token({ role: 'viewer' });
    await revokeToken(w.deps, principal, { id: principal.tokenId });
    await revokeToken(w.deps, w.owner, { id: principal.tokenId });
  });

  it('keeps one lasting owner, also when two are revoked side by side', async () => {
    await using fresh = await identityWorld();
    const last = { code: 'identity_last_owner' };
    await assert.rejects(revokeToken(fresh.deps, fresh.owner, { id: fresh.owner.tokenId }), last);
    await fresh.token({ role: 'owner', expiresInSeconds: 3600 });
    await fresh.token({ role: 'owner', scope: { type: 'project', project: 'p' } });
    await assert.rejects(revokeToken(fresh.deps, fresh.owner, { id: fresh.owner.tokenId }), last);
    const second = (await fresh.token({ role: 'owner' })).principal;
    await warmUp(fresh);
    const results = await Promise.allSettled(
      [fresh.owner, second].map((who) => revokeToken(fresh.deps, who, { id: who.tokenId })),
    );
    assert.deepEqual(results.map((result) => result.status).toSorted(), ['fulfilled', 'rejected']);
  });

  it('leaves an audit row for every attempt that reaches too far', async () => {
    const { principal } = await w.token({ role: 'admin' });
    const before = (await w.auditActions()).length;
    await assert.rejects(createToken(w.deps, principal, { name: 'up', role: 'owner' }));
    await assert.rejects(revokeToken(w.deps, principal, { id: w.owner.tokenId }));
    await assert.rejects(revokeToken(w.deps, w.owner, { id: w.owner.tokenId }));
    assert.deepEqual((await w.auditActions()).slice(before), [
      'identity.create-token refused',
      'identity.revoke-token refused',
      'identity.revoke-token refused',
    ]);
  });

  it('leaves an audit row for every change', async () => {
    const before = (await w.auditActions()).length;
    const { principal } = await w.token({});
    await revokeToken(w.deps, w.owner, { id: principal.tokenId });
    assert.deepEqual((await w.auditActions()).slice(before), [
      'identity.create-token',
      'identity.revoke-token',
    ]);
  });
});
