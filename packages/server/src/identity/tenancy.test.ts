import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import { type IdentityWorld, identityWorld } from './fixture.ts';
import { addKey, findKey, keysOf } from './keys.ts';
import { countLastingOwners, findLiveTokenByName, findToken, listTokenRows } from './queries.ts';

let w: IdentityWorld;
before(async () => {
  w = await identityWorld();
  const publicKey = generateKeyPairSync('ed25519')
    .publicKey.export({ format: 'pem', type: 'spki' })
    .toString();
  await addKey(w.deps, w.stranger, { name: 'theirs', publicKey });
});
after(() => w.close());

const TENANT_TABLES = ['identity_organizations', 'identity_tokens', 'identity_keys'];
const SYSTEM_TABLES = ['identity_signing_keys', 'identity_issuers'];

describe('row-level security of identity', () => {
  for (const table of TENANT_TABLES) {
    it(`hides ${table} of another organisation from a raw query`, async () => {
      const { rows } = await w.t.db.withOrg(w.owner.orgId, (tx) =>
        sql<{ org_id: string }>`select org_id from ${sql.table(table)}`.execute(tx),
      );
      assert.ok(rows.every((row) => row.org_id === w.owner.orgId));
    });

    it(`changes and removes nothing of another organisation in ${table}`, async () => {
      const touched = await w.t.db.withOrg(w.owner.orgId, async (tx) => {
        const org = w.stranger.orgId;
        const update = await sql`update ${sql.table(table)} set name = 'x' where org_id = ${org}`.execute(tx);
        const remove = await sql`delete from ${sql.table(table)} where org_id = ${org}`.execute(tx);
        return [update.numAffectedRows, remove.numAffectedRows];
      });
      assert.deepEqual(touched, [0n, 0n]);
    });
  }

  it('lets nobody write a row into another organisation', async () => {
    await assert.rejects(
      w.t.db.withOrg(w.owner.orgId, (tx) =>
        sql`insert into identity_tokens (org_id, name, hash, role, created_at, created_by)
            values (${w.stranger.orgId}, 'planted', ${Buffer.alloc(32)}, 'owner', now(), 'x')`.execute(tx),
      ),
      /row-level security/,
    );
  });

  for (const table of SYSTEM_TABLES) {
    it(`keeps requests out of ${table}`, async () => {
      await assert.rejects(
        w.t.db.withOrg(w.owner.orgId, (tx) => sql`select * from ${sql.table(table)}`.execute(tx)),
        /permission denied/,
      );
    });
  }
});

describe('queries of identity', () => {
  it('name the organisation themselves: a tenant query that runs as the system finds nothing', async () => {
    const found = await w.t.db.asSystem(async (tx) => [
      await findKey(tx, 'theirs'),
      ...(await keysOf(tx)),
      ...(await listTokenRows(tx)),
      await findToken(tx, w.owner.tokenId),
      await findLiveTokenByName(tx, 'owner'),
      ...((await countLastingOwners(tx)) === 0 ? [] : ['owners']),
    ]);
    assert.deepEqual(found, [undefined, undefined, undefined]);
    const own = await w.t.db.withOrg(w.stranger.orgId, (tx) => findKey(tx, 'theirs'));
    assert.equal(own?.name, 'theirs');
  });
});
