/** Data of an earlier schema under this program: nothing that was acknowledged is lost or unreadable. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Client, createClient } from '@waybill/api/client';
import type { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import {
  freePort,
  startAttester,
  type TempDir,
  type TestDatabase,
  tempDir,
  testDatabase,
} from '@waybill/testkit';
import pg from 'pg';
import {
  createLog,
  loadSnapshot,
  type Migration,
  migrate,
  orderForLoading,
  parseConfig,
  placeMarker,
  readMigrations,
  type TableShape,
  withSnapshot,
} from '../src/ground/index.ts';
import { type RunningServer, startServer } from '../src/main.ts';

/** From this one on all tables of the first version are there. */
const FIRST = 8;
const AT = { project: 'p', workflow: 'build' };
const PROGRAM = digestOf(utf8('a program'));
const log = createLog('silent');
const masterKey = randomBytes(32).toString('base64');

let source: TestDatabase;
let directory: TempDir;
let token: Secret<string>;
let migrations: readonly Migration[];
let was: Awaited<ReturnType<typeof everything>>;
let bundle: string;
let runId: string;
let port: number;
const place = (name: string): string => join(directory.path, name);

async function start(databaseUrl: string, data: string): Promise<RunningServer> {
  const env = { WAYBILL_MASTER_KEY: masterKey, WAYBILL_DATABASE_URL: databaseUrl };
  return startServer(parseConfig(['--listen', `127.0.0.1:${port}`, '--data', data], env), { log });
}

async function everything(client: Client) {
  const decision = await client.ask({ subject: { digest: PROGRAM }, context: { contract: 'release' } });
  return {
    me: await client.me(),
    run: await client.describeRun(runId),
    bundle: await client.downloadBundle(runId),
    verdict: await client.downloadVerdict(runId),
    contract: await client.describeContract('release'),
    workflows: await client.listWorkflows(),
    tokens: (await client.listTokens()).tokens.map(({ id, name, role }) => ({ id, name, role })),
    keys: await client.listKeys(),
    trustedRoot: await client.trustedRoot(),
    decision: { outcome: decision.outcome, evidence: decision.evidence },
  };
}

async function attest(client: Client, text: string): Promise<string> {
  const attester = await startAttester({ client, token, ...AT });
  runId = attester.run.id;
  bundle = await attester.sign(
    attester.predicate([await attester.record('program', 'ARTIFACT', utf8(text), true)]),
  );
  return (await client.pushAttestation(runId, bundle)).result;
}

before(async () => {
  [source, directory, migrations] = [await testDatabase(), await tempDir(), await readMigrations()];
  port = await freePort();
  const server = await start(source.url, place('source'));
  assert.ok(server.ownerToken);
  token = server.ownerToken;
  const client = createClient({ url: server.url, token });
  await client.applyContract({
    document:
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n' +
      '    - { type: ARTIFACT, name: program, output: true }\n',
  });
  await client.createWorkflow({ project: AT.project, name: AT.workflow, contract: 'release' });
  await client.createToken({ name: 'reader', role: 'viewer' });
  assert.equal(await attest(client, 'a program'), 'PASSED');
  was = await everything(client);
  assert.equal(was.decision.outcome, 'allow');
  await server.close();
});
after(async () => {
  await source.close();
  await directory.remove();
});

/** A database as the program of that migration left it: what its tables could hold of the data. */
async function databaseAt(number: number): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const name = `upgrade_${randomBytes(4).toString('hex')}`;
  await administer(`create database ${name}`);
  const target = { ...source.connection, database: name };
  await migrate(
    target,
    migrations.filter((migration) => migration.number <= number),
    log,
  );
  const shapes = await withSnapshot(target, async ({ tables }) => tables);
  await withSnapshot(source.connection, async (snapshot) => {
    const common = shapes.flatMap((shape) => commonPart(shape, snapshot.tables));
    const tables = await orderForLoading(target, common);
    const known = new Set(shapes.map((shape) => shape.name));
    await loadSnapshot(
      target,
      snapshot.counters.filter(({ table }) => known.has(table)),
      {
        gap: 0,
        work: async ({ fill }) => {
          for (const table of tables) await fill(table, snapshot.rowsOf(table));
        },
      },
    );
  });
  return {
    url: source.url.replace(source.connection.database ?? '', name),
    drop: () => administer(`drop database ${name} with (force)`),
  };
}

function commonPart(shape: TableShape, tables: readonly TableShape[]): readonly TableShape[] {
  const now = tables.find(({ name }) => name === shape.name);
  return now
    ? [{ name: shape.name, columns: shape.columns.filter((column) => now.columns.includes(column)) }]
    : [];
}

async function administer(text: string): Promise<void> {
  const client = new pg.Client(source.connection);
  await client.connect();
  await client.query(text);
  await client.end();
}

/** The oldest, the newest, and each third between: all of them would take a minute. */
function someOf(numbers: readonly number[]): readonly number[] {
  return numbers.filter((_, index) => index % 3 === 0 || index === numbers.length - 1);
}

describe('a database of an earlier migration', () => {
  it('is brought to this program, and all that it holds is served as before', async (context) => {
    const earlier = migrations.map(({ number }) => number).filter((number) => number >= FIRST);
    assert.ok(earlier.length > 1, 'there is an earlier one');
    for (const number of someOf(earlier.slice(0, -1))) {
      await context.test(`from ${number}`, async () => {
        const database = await databaseAt(number);
        const data = place(`data-${number}`);
        await cp(place('source/blobs'), join(data, 'blobs'), { recursive: true });
        // A copy: what `waybill trust log adopt --continue` does.
        await placeMarker(join(data, 'blobs')).mark();
        const [run, sent] = [runId, bundle];
        const server = await start(database.url, data);
        try {
          const client = createClient({ url: server.url, token });
          assert.deepEqual(await everything(client), was);
          assert.deepEqual(await client.pushAttestation(run, sent), was.run.receipt);
          assert.equal(await attest(client, `made after ${number}`), 'PASSED');
        } finally {
          await server.close();
          [runId, bundle] = [run, sent];
          await database.drop();
        }
      });
    }
  });
});
