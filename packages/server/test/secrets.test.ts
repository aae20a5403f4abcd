/** Every kind of secret, used and misused: none may stand in the log, in an answer to somebody else, or in the database. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { connect, pushBlob } from '@waybill/clients/oci';
import { exchangeToken } from '@waybill/clients/oidc';
import { Secret } from '@waybill/core';
import { EMPTY_BLOB } from '@waybill/core/oci';
import { createLog } from '@waybill/server/ground';
import { startAttester, stringMaterial, type TestWorld, testWorld } from '@waybill/testkit';
import { bearer, routes, sendTo, split } from './all-routes.ts';

const METRICS_TOKEN = 'metrics-token-of-this-test';

let world: TestWorld;
const lines: string[] = [];
/** What nobody may find, by what it is. */
const secrets = new Map<string, string>();
const answers: string[] = [];

before(async () => {
  const log = createLog('trace', { destination: { write: (line: string) => void lines.push(line) } });
  world = await testWorld({ log, metricsToken: new Secret(METRICS_TOKEN) });
  const { owner, ownerToken } = world;
  secrets.set('the owner token', ownerToken.reveal());
  secrets.set('the metrics token', METRICS_TOKEN);
  const { secret } = await owner.createToken({ name: 'pipeline', role: 'member' });
  secrets.set('a created token', secret);
  secrets.set('a created token as password', Buffer.from(`x:${secret}`).toString('base64'));
  const token = new Secret(secret);
  await useThem(token);
  await misuseThem(token);
});
after(() => world.close());

async function useThem(token: Secret<string>): Promise<void> {
  const { owner } = world;
  await owner.applyContract({
    document:
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: note }\nspec:\n  materials:\n    - { type: STRING, name: note }\n',
  });
  await owner.createWorkflow({ project: 'p', name: 'w', contract: 'note' });
  const attester = await startAttester({ client: world.as(token), token, project: 'p', workflow: 'w' });
  const bundle = await attester.sign(attester.predicate([stringMaterial('note', 'x')]));
  await world.as(token).pushAttestation(attester.run.id, bundle);
  const workflow = { project: 'p', name: 'w' };
  const { jwt: idToken } = await exchangeToken({ url: world.url, token, workflow });
  secrets.set('an ID token', idToken.reveal());
  await pushBlob(
    connect(new URL(world.url).host, { credentials: { username: 'x', password: token } }),
    'default/p/app',
    EMPTY_BLOB,
  );
  const basic = { authorization: `Basic ${Buffer.from(`x:${token.reveal()}`).toString('base64')}` };
  const registry = await sendTo(world.url, {
    method: 'GET',
    path: '/v2/token?scope=repository:default/p/app:pull',
    headers: basic,
  });
  const { token: jwt } = JSON.parse(registry.body) as { token: string };
  secrets.set('a registry token', jwt);
}

/** Where people paste a secret by mistake, and where a fault of the server could quote it. */
async function misuseThem(token: Secret<string>): Promise<void> {
  const { ownerToken } = world;
  for (const secret of secrets.values()) {
    // Only what looks like a secret can be known for one in the middle of a path.
    if (!/^wb_|^eyJ/.test(secret)) continue;
    for (const route of routes) {
      const { method, url } = split(route);
      const path = url.replaceAll(/:\w+|\*/g, encodeURIComponent(secret));
      for (const authorization of [`Bearer ${ownerToken.reveal()}`, `Bearer ${secret}x`, `Token ${secret}`]) {
        await sendTo(world.url, {
          method,
          path: `${path}?access_token=${encodeURIComponent(secret)}`,
          headers: { authorization, cookie: `token=${secret}`, 'content-type': 'application/json' },
          ...(method === 'GET' || method === 'HEAD'
            ? {}
            : { body: JSON.stringify({ token: secret, name: secret }) }),
        });
      }
    }
  }
  // The holder of one token sees nothing of another.
  for (const path of ['/waybill/v1/tokens', '/waybill/v1/me', '/waybill/v1/runs', '/waybill/v1/keys'])
    answers.push((await sendTo(world.url, { method: 'GET', path, headers: bearer(token) })).body);
  answers.push((await sendTo(world.url, { method: 'GET', path: '/metrics' })).body);
}

describe('a secret', () => {
  const found = (text: string): readonly string[] =>
    [...secrets].filter(([, secret]) => text.includes(secret)).map(([name]) => name);

  it('of no kind is in the log, whatever is done with it', () => {
    assert.ok(lines.length > 500, `${lines.length} lines`);
    assert.ok(secrets.size > 5);
    assert.deepEqual(
      lines.flatMap((line) => found(line).map((name) => `${name} in ${line.slice(0, 300)}`)).slice(0, 5),
      [],
    );
  });

  it('of no kind is in the list of tokens, of figures or of runs', () => {
    assert.deepEqual(answers.flatMap(found), []);
  });

  it('of no kind is in the database, in clear text or in base64', async () => {
    const tables = await world.rows<{ name: string }>(
      `select table_schema || '.' || table_name as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    assert.ok(tables.length > 15);
    for (const { name } of tables) {
      const rows = await world.rows<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`);
      assert.deepEqual(
        rows.flatMap(({ row }) => found(row)),
        [],
        name,
      );
    }
  });
});
