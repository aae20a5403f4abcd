/** The audit trail over HTTP: chained and anchored by a running server, and what it finds when rows are touched. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { AuditVerification } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import { isCoded } from '@waybill/core';
import { type ChainHead, checkAnchor, hashLink, readAnchor, verifyLinks } from '@waybill/core/audit';
import { parseBundle } from '@waybill/core/bundle';
import { fromHex } from '@waybill/core/bytes';
import { hexOf } from '@waybill/core/digest';
import { parseTrustedRoot } from '@waybill/core/trust';
import { verifyStatementBundle } from '@waybill/core/verify';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { sql } from 'kysely';

let world: TestWorld;
let owner: Client;
let stranger: Client;

before(async () => {
  world = await testWorld({ anchorIntervalMs: 20 });
  owner = world.owner;
  const other = await world.stranger();
  stranger = other.client;
  for (const name of ['a', 'b', 'c', 'd']) await owner.createToken({ name, role: 'viewer' });
  await stranger.createToken({ name: 'theirs', role: 'viewer' });
  await whenAnchored(owner);
  await whenAnchored(stranger);
  await save();
});
after(() => world.close());
/** What a test did as the owner of the database is undone. */
afterEach(() =>
  world.rows(`
    begin;
    delete from ground_audit;
    insert into ground_audit overriding system value select * from probe_saved_audit;
    delete from audit_links;
    insert into audit_links select * from probe_saved_links;
    commit`),
);

const save = () =>
  world.rows(`
    drop table if exists probe_saved_audit, probe_saved_links;
    create table probe_saved_audit as select * from ground_audit;
    create table probe_saved_links as select * from audit_links`);

async function whenAnchored(client: Client): Promise<AuditVerification> {
  for (;;) {
    const found = await client.verifyAudit();
    if (found.anchored > 0 && found.anchored === found.rows) return found;
    await delay(20);
  }
}

const finding = async (): Promise<string | undefined> => {
  const { intact, finding: found } = await owner.verifyAudit();
  assert.equal(intact, found === null);
  return found?.code;
};

const ours = `org_id = (select org_id from identity_organizations where name = 'default')`;

describe('GET /waybill/v1/audit', () => {
  it('lists the rows of the organisation, newest first, a page at a time, with their place in the chain', async () => {
    const all = await owner.listAudit();
    assert.deepEqual(
      all.rows.slice(0, 4).map(({ action, outcome }) => [action, outcome]),
      Array.from({ length: 4 }, () => ['identity.create-token', 'ok']),
    );
    assert.equal(all.next, null);
    assert.deepEqual(
      all.rows.map(({ link }) => link?.sequence),
      all.rows.map((_, at) => all.rows.length - at),
    );
    const first = await owner.listAudit({ limit: 3 });
    assert.ok(first.next);
    const second = await owner.listAudit({ limit: 200, before: first.next });
    assert.deepEqual([...first.rows, ...second.rows], all.rows);
  });

  it('keeps to what is asked for', async () => {
    const { rows } = await owner.listAudit({ action: 'identity.create-organization' });
    assert.deepEqual(
      rows.map(({ action }) => action),
      ['identity.create-organization'],
    );
    assert.deepEqual((await owner.listAudit({ outcome: 'refused' })).rows, []);
    const [row] = (await owner.listAudit({ limit: 1 })).rows;
    assert.ok(row);
    assert.equal((await owner.listAudit({ actor: row.actor, limit: 1 })).rows[0]?.id, row.id);
  });

  it('shows nothing of another organisation', async () => {
    const { rows } = await stranger.listAudit();
    assert.deepEqual(
      rows.map(({ action }) => action),
      ['identity.create-token'],
    );
    const { links } = await stranger.readAuditChain();
    assert.deepEqual(
      links.map(({ entry }) => entry?.id),
      rows.map(({ id }) => id),
    );
    assert.equal((await stranger.readAuditAnchor()).sequence, 1);
  });

  it('is for administrators of the whole organisation', async () => {
    const member = await owner.createToken({ name: 'member', role: 'member' });
    const narrow = await owner.createToken({
      name: 'narrow',
      role: 'admin',
      scope: { type: 'project', project: 'p' },
    });
    for (const { secret } of [member, narrow]) {
      const { Secret } = await import('@waybill/core');
      const client = world.as(new Secret(secret));
      for (const ask of [
        () => client.listAudit(),
        () => client.readAuditChain(),
        () => client.readAuditAnchor(),
        () => client.verifyAudit(),
      ]) {
        await assert.rejects(ask(), (error) => isCoded(error, 'identity_forbidden'));
      }
    }
    await whenAnchored(owner);
    await save();
  });
});

describe('the chain', () => {
  it('can be computed and held against its anchor by somebody who does not believe the server', async () => {
    const anchor = await owner.readAuditAnchor();
    const { verifier: subject, issuer } = await owner.info();
    const { statement } = verifyStatementBundle(parseBundle(anchor.bundle), {
      trustedRoot: parseTrustedRoot(await owner.trustedRoot()),
      expectations: { type: 'identity', issuer, subject },
    });
    const anchored = readAnchor(statement).head;
    assert.equal(statement.logged?.logIndex, anchor.logIndex);
    let head: ChainHead | null = null;
    for (let after: number | null = 0; after !== null; ) {
      const page = await owner.readAuditChain({ after, limit: 2 });
      head = verifyLinks(head, page.links as never);
      if (head?.sequence === anchored.sequence) checkAnchor(anchored, head);
      after = page.next;
    }
    assert.equal(head?.hash, (await owner.verifyAudit()).head);
    const response = await fetch(`${world.url}/waybill/v1/log/search?digest=${anchored.hash}`);
    const { entries } = (await response.json()) as { entries: { logIndex: number }[] };
    assert.deepEqual(
      entries.map(({ logIndex }) => logIndex),
      [anchor.logIndex],
    );
  });

  it('holds each row once, however often it is delivered', async () => {
    const before = await owner.verifyAudit();
    await world.rows(`update ground_followers set xid = '0', id = 0 where name = 'audit'`);
    await owner.createToken({ name: 'again', role: 'viewer' });
    const afterwards = await whenAnchored(owner);
    assert.equal(afterwards.chained, before.chained + 1);
    assert.equal(afterwards.intact, true);
    await save();
  });

  it('cannot be changed by the roles that the server works under', async () => {
    for (const table of ['audit_links', 'audit_anchors']) {
      for (const statement of [
        `update ${table} set sequence = 9`,
        `delete from ${table}`,
        `truncate ${table}`,
      ]) {
        await assert.rejects(
          world.db.asSystem((tx) => sql.raw(statement).execute(tx)),
          /permission denied/,
        );
      }
    }
  });

  it('has its rows of no organisation in a chain of their own, which is anchored too', async () => {
    const [chain] = await world.rows<{ sequence: string; anchored: string }>(
      'select sequence, anchored from audit_chains where org_id is null',
    );
    assert.ok(Number(chain?.sequence) > 0);
    assert.ok(Number(chain?.anchored) > 0);
  });
});

describe('GET /waybill/v1/audit/verify', () => {
  it('finds nothing in a trail that nobody touched', async () => {
    const found = await owner.verifyAudit();
    const { rows, ...rest } = found;
    assert.deepEqual(rest, { intact: true, chained: rows, anchored: rows, head: found.head, finding: null });
  });

  for (const [what, statement] of [
    [
      'changed',
      `update ground_audit set actor = 'token:nobody' where action = 'identity.create-organization'`,
    ],
    [
      'given other facts',
      `update ground_audit set detail = '{}' where action = 'identity.create-organization'`,
    ],
    [
      'dated otherwise',
      `update ground_audit set at = at - interval '1 hour' where action = 'identity.create-organization'`,
    ],
    ['removed', `delete from ground_audit where action = 'identity.create-organization'`],
    [
      'given to somebody else',
      `update ground_audit set org_id = gen_random_uuid() where action = 'identity.create-organization'`,
    ],
    [
      'removed with its link',
      `with gone as (delete from ground_audit where action = 'identity.create-organization' returning id)
      delete from audit_links using gone where audit_id = gone.id`,
    ],
    [
      'moved',
      `update audit_links set sequence = 1000 where sequence = 1 and ${ours};
       update audit_links set sequence = 1 where sequence = 2 and ${ours};
       update audit_links set sequence = 2 where sequence = 1000 and ${ours}`,
    ],
    ['removed from the end on', `delete from audit_links where sequence > 1 and ${ours}`],
  ] as const) {
    it(`finds a row that was ${what}`, async () => {
      await world.rows(statement);
      assert.equal(await finding(), 'audit_chain_broken');
    });
  }

  it('finds a chain that was written anew as a whole, by what the log holds', async () => {
    await world.rows(
      `update ground_audit set actor = 'token:nobody' where action = 'identity.create-organization'`,
    );
    const { links } = await owner.readAuditChain();
    let head: ChainHead | null = null;
    for (const { entry } of links) {
      assert.ok(entry);
      head = hashLink(head, entry);
      await world.rows('update audit_links set hash = $1 where audit_id = $2', [
        Buffer.from(fromHex(hexOf(head.hash))),
        entry.id,
      ]);
    }
    assert.equal(await finding(), 'audit_anchor_mismatch');
  });

  it('finds a chain that ends before its anchor', async () => {
    const shorten = (by: number) =>
      world.rows(`update audit_chains set sequence = sequence - $1 where ${ours}`, [by]);
    await world.rows(`
      with last as (delete from audit_links where ${ours} and sequence =
        (select max(sequence) from audit_links where ${ours}) returning audit_id)
      delete from ground_audit using last where id = audit_id`);
    await shorten(1);
    const found = await finding();
    await shorten(-1);
    assert.equal(found, 'audit_anchor_mismatch');
  });

  it('finds an anchor that the server never signed', async () => {
    await world.rows(
      `update audit_anchors set bundle = replace(bundle, '"payload":"', '"payload":"AAAA') where ${ours}`,
    );
    assert.match((await finding()) ?? '', /^(?:verify|bundle|dsse|intoto)_/);
    await world.rows(
      `update audit_anchors set bundle = replace(bundle, '"payload":"AAAA', '"payload":"') where ${ours}`,
    );
    assert.equal(await finding(), undefined);
  });
});
