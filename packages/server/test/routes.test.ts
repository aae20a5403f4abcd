/** Rules that hold for every route there is, also for one that is added tomorrow: it fails here until it has its place. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import type { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import { artifactManifest, EMPTY_BLOB, formatManifest, MEDIA_TYPE } from '@waybill/core/oci';
import { startAttester, type TestWorld, testWorld } from '@waybill/testkit';
import fc from 'fast-check';
import {
  type Answer,
  BODIES,
  bearer,
  bodyOf,
  DOCUMENT,
  fill,
  PEM,
  PUBLIC,
  routes,
  type Sent,
  sendTo,
  split,
} from './all-routes.ts';
import {
  HEADERS,
  mutant,
  BODIES as NASTY_BODIES,
  QUERIES,
  SEGMENTS,
  TYPES,
  VALUES,
  WILD,
} from './nasty-input.ts';

let world: TestWorld;
let stranger: Secret<string>;
/** Things of `default`, by the URL that names them: values for its parameters. */
let owned: Readonly<Record<string, Readonly<Record<string, string>>>>;
let deadTokens: readonly (readonly [name: string, authorization: string])[];

before(async () => {
  world = await testWorld();
  stranger = (await world.stranger()).token;
  const { owner, ownerToken } = world;
  await owner.applyContract({ document: DOCUMENT });
  await owner.createWorkflow({ project: 'warehouse', name: 'build', contract: 'release' });
  await owner.addKey({ name: 'mine', publicKey: PEM });
  await owner.addIssuer({ url: 'https://mine.example.com', kind: 'email' });
  const open = await startAttester({
    client: owner,
    token: ownerToken,
    project: 'warehouse',
    workflow: 'build',
  });
  const done = await startAttester({
    client: owner,
    token: ownerToken,
    project: 'warehouse',
    workflow: 'build',
  });
  const materials = [await done.record('program', 'ARTIFACT', utf8('a program'), true)];
  await owner.pushAttestation(done.run.id, await done.sign(done.predicate(materials)));
  const decision = await owner.ask({
    subject: { digest: digestOf(utf8('a program')) },
    context: { contract: 'release' },
  });
  await owner.startRun({ project: 'warehouse', workflow: 'build', version: '1.0.0' });
  const [live, revoked, expired] = await Promise.all(
    ['live', 'revoked', 'expired'].map((name) => owner.createToken({ name, role: 'owner' })),
  );
  assert.ok(live && revoked && expired);
  await owner.revokeToken(revoked.token.id);
  await world.rows(`update identity_tokens set expires_at = now() - interval '1 minute' where id = $1`, [
    expired.token.id,
  ]);
  const unknown = `wb_${randomBytes(32).toString('base64url')}`;
  const basic = (text: string): string => `Basic ${Buffer.from(`x:${text}`).toString('base64')}`;
  deadTokens = [
    ['none', ''],
    ['an unknown one', `Bearer ${unknown}`],
    ['an unknown one as password', basic(unknown)],
    ['a revoked one', `Bearer ${revoked.secret}`],
    ['a revoked one as password', basic(revoked.secret)],
    ['an expired one', `Bearer ${expired.secret}`],
    ['no API token', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
    ['a scheme of its own', `Token ${unknown}`],
  ];
  await owner.keepRunState(open.run.id, { after: 0, sealed: 'c2VhbGVk' });
  const run = { id: open.run.id };
  const workflow = { project: 'warehouse', workflow: 'build' };
  const robot = await owner.createRobotAccount(workflow, { name: 'gitlab' });
  const rule = { issuer: 'https://gitlab.com', subject: 'project_path:acme/app:*' };
  const trust = await owner.addTrust(workflow, rule);
  const account = { project: 'warehouse', name: 'build', account: robot.token.id };
  owned = {
    '/waybill/v1/tokens/:id': { id: live.token.id },
    '/waybill/v1/keys/:name': { name: 'mine' },
    '/waybill/v1/keys/:name/rotate': { name: 'mine' },
    '/waybill/v1/keys/:name/revoke': { name: 'mine' },
    '/waybill/v1/trust/issuers/:url': { url: encodeURIComponent('https://mine.example.com') },
    '/waybill/v1/contracts/:name': { name: 'release' },
    '/waybill/v1/projects/:project': { project: 'warehouse' },
    '/waybill/v1/projects/:project/versions': { project: 'warehouse' },
    '/waybill/v1/projects/:project/versions/:version/release': { project: 'warehouse', version: '1.0.0' },
    '/waybill/v1/workflows/:project/:name': { project: 'warehouse', name: 'build' },
    '/waybill/v1/workflows/:id': { id: (await owner.describeWorkflow('warehouse', 'build')).id },
    '/waybill/v1/workflows/:project/:name/robot-accounts': { project: 'warehouse', name: 'build' },
    '/waybill/v1/workflows/:project/:name/robot-accounts/:account': account,
    '/waybill/v1/workflows/:project/:name/robot-accounts/:account/rotate': account,
    '/waybill/v1/workflows/:project/:name/trusts': { project: 'warehouse', name: 'build' },
    '/waybill/v1/workflows/:project/:name/trusts/:trust': { ...account, trust: trust.id },
    '/waybill/v1/runs/:id': run,
    '/waybill/v1/runs/:id/cancel': run,
    '/waybill/v1/runs/:id/state': run,
    '/waybill/v1/runs/:id/attestation': run,
    '/waybill/v1/runs/:id/bundle': { id: done.run.id },
    '/waybill/v1/runs/:id/verdict': { id: done.run.id },
    '/waybill/v1/runs/:id/provenance': { id: done.run.id },
    '/waybill/v1/gate/decisions/:id': { id: decision.id },
    '/waybill/v1/dead-letters/:id/retry': { id: await deadLetter() },
  };
});
after(() => world.close());

/** Of `default`; its follower is none that runs. */
async function deadLetter(): Promise<string> {
  await world.rows(`insert into ground_followers (name, feed) values ('nobody', 'outbox')`);
  const [row] = await world.rows<{ id: string }>(
    `insert into ground_failures (follower, event_id, org_id, type, attempts, code, message,
       first_failed_at, last_failed_at, dead_at)
     select 'nobody', 1, org_id, 'probe.happened', 8, 'request_invalid', 'no', now(), now(), now()
     from identity_organizations where name = 'default' returning id`,
  );
  return row?.id ?? '';
}

const send = (sent: Sent): Promise<Answer> => sendTo(world.url, sent);

describe('every route', () => {
  it('is known here: the public ones with their reason, those with a parameter with something to name', () => {
    assert.ok(routes.size > 30, `${routes.size}`);
    const all = [...routes];
    assert.deepEqual(
      Object.keys({ ...PUBLIC, ...BODIES }).filter((route) => !routes.has(route)),
      [],
      'no such route',
    );
    assert.deepEqual(
      all.filter((route) => {
        const { url } = split(route);
        return !(route in PUBLIC) && url.includes(':') && owned[url] === undefined;
      }),
      [],
      'name a thing of another tenant in `owned`',
    );
  });

  it('is public for a reason, or answers 401 to whoever has no token that lives', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      const { method, url } = split(route);
      const path = fill(url, owned[url] ?? {}).replace('*', 'default/warehouse/build/manifests/x');
      for (const [name, authorization] of deadTokens) {
        const body = bodyOf(route);
        const headers = { ...body.headers, ...(authorization === '' ? {} : { authorization }) };
        const answer = await send({ method, path, ...body, headers });
        const expected = route in PUBLIC ? answer.status !== 401 && answer.status < 500 : isRefusal(answer);
        // POST /v2/token takes its password from the form: without one it is no question yet.
        const noForm = route === 'POST /v2/token' && answer.status === 400 && authorization === '';
        if (!expected && !noForm) wrong.push(`${route} with ${name}: ${answer.status} ${answer.body}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  const isRefusal = ({ status, headers }: Answer): boolean =>
    status === 401 && headers['www-authenticate'] !== undefined;

  it('that exchanges a token gives none for a dead one', async () => {
    for (const [name, authorization] of deadTokens) {
      const token = authorization.replace(/^\w+ ?/, '') || 'nothing';
      const form = (fields: Record<string, string>): Pick<Sent, 'headers' | 'body'> => ({
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
      });
      const exchanged = await send({
        method: 'POST',
        path: '/oidc/token',
        ...form({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: token,
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        }),
      });
      assert.equal(exchanged.status, 400, name);
      assert.match(exchanged.body, /"error":"invalid_(?:grant|request)"/);
      const password = { grant_type: 'password', username: 'x', password: token, service: 'x' };
      const registry = await send({ method: 'POST', path: '/v2/token', ...form(password) });
      assert.equal(registry.status, 401, name);
    }
  });
});

describe('another tenant', () => {
  /** The answer without what names the thing or the request. */
  function trace({ status, headers, body }: Answer, names: readonly string[]): object {
    const { date: _date, 'x-request-id': id, 'content-length': _length, ...rest } = headers;
    let text = body;
    for (const name of [...names, String(id)]) text = text.replaceAll(name, '…');
    return { status, body: text, headers: Object.keys(rest).toSorted() };
  }

  it('gets the answer of an unknown id for every id of ours', async () => {
    const wrong: string[] = [];
    for (const route of routes) {
      const { method, url } = split(route);
      const real = owned[url];
      if (real === undefined) continue;
      const unknown = Object.fromEntries(
        Object.entries(real).map(([key, value]) => [
          key,
          value.includes('-') && value.length === 36 ? randomUUID() : `other-${value}`,
        ]),
      );
      const body = bodyOf(route);
      const headers = { ...body.headers, ...bearer(stranger) };
      const ask = async (values: Readonly<Record<string, string>>): Promise<object> => {
        const answer = await send({ method, path: fill(url, values), ...body, headers });
        return trace(answer, Object.values(values));
      };
      const [theirs, nobodys] = [await ask(real), await ask(unknown)];
      if ((theirs as Answer).status !== 404 || JSON.stringify(theirs) !== JSON.stringify(nobodys))
        wrong.push(`${route}: ${JSON.stringify(theirs)} but ${JSON.stringify(nobodys)}`);
    }
    assert.deepEqual(wrong, []);
  });

  it('gets it also for names in bodies', async () => {
    const digest = digestOf(utf8('a program'));
    const other = digestOf(utf8('nothing'));
    const ask = async (path: string, body: object, names: readonly string[]): Promise<object> => {
      const headers = { 'content-type': 'application/json', ...bearer(stranger) };
      return trace(await send({ method: 'POST', path, headers, body: JSON.stringify(body) }), names);
    };
    const start = (workflow: string) =>
      ask('/waybill/v1/runs', { project: 'warehouse', workflow }, [`"${workflow}"`, workflow]);
    assert.deepEqual(await start('build'), await start('other-build'));
    const create = (contract: string) =>
      ask('/waybill/v1/workflows', { project: 'warehouse', name: 'w', contract }, [contract]);
    assert.deepEqual(await create('release'), await create('other-release'));
    const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z/g;
    const decide = async (subject: string) => {
      const question = { subject: { digest: subject }, context: { contract: 'release' } };
      return JSON.stringify(await ask('/waybill/v1/gate/decisions', question, [subject])).replaceAll(
        uuid,
        '…',
      );
    };
    assert.equal(await decide(digest), await decide(other));
  });

  it('gets it for every path of the registry', async () => {
    const repository = 'default/warehouse/app';
    const registry = connect(new URL(world.url).host, {
      credentials: { username: 'x', password: world.ownerToken },
    });
    await pushBlob(registry, repository, EMPTY_BLOB);
    const bytes = formatManifest(artifactManifest({ artifactType: 'application/x-test', layers: [] }));
    const mediaType = MEDIA_TYPE.imageManifest;
    const { digest } = await pushManifest(registry, { repository, tag: 'v1' }, { bytes, mediaType });
    const session = await send({
      method: 'POST',
      path: `/v2/${repository}/blobs/uploads/`,
      headers: bearer(world.ownerToken),
    });
    const upload = String(session.headers.location).split('/').at(-1) ?? '';
    const places = [
      ['manifests/v1', 'manifests/other-v1'],
      [`manifests/${digest}`, `manifests/${digestOf(utf8('a'))}`],
      [`blobs/${digestOf(EMPTY_BLOB)}`, `blobs/${digestOf(utf8('a'))}`],
      [`blobs/uploads/${upload}`, `blobs/uploads/${randomUUID()}`],
      [`referrers/${digest}`, `referrers/${digestOf(utf8('a'))}`],
      ['tags/list', 'tags/list'],
      ['blobs/uploads/', 'blobs/uploads/'],
    ] as const;
    const names = [repository, 'default/warehouse/unknown', 'nobody/warehouse/app'];
    for (const [known, unknown] of places) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const ask = async (path: string, last: string): Promise<object> => {
          const answer = await send({ method, path: `/v2/${path}/${last}`, headers: bearer(stranger) });
          return trace(answer, [...names, last.split('/').at(-1) ?? '']);
        };
        const theirs = (await ask(repository, known)) as Answer;
        assert.ok(theirs.status === 404 || theirs.status === 405, `${method} ${known}: ${theirs.status}`);
        assert.deepEqual(theirs, await ask(repository, unknown), `${method} ${known}`);
        assert.deepEqual(theirs, await ask('default/warehouse/unknown', unknown), `${method} ${known}`);
        assert.deepEqual(theirs, await ask('nobody/warehouse/app', unknown), `${method} ${known}`);
      }
    }
    // What is in our store is no blob of theirs, also when they know its digest.
    const mount = await send({
      method: 'POST',
      path: `/v2/other/warehouse/app/blobs/uploads/?mount=${digestOf(EMPTY_BLOB)}&from=${repository}`,
      headers: bearer(stranger),
    });
    assert.equal(mount.status, 202);
  });

  it('has changed nothing by all that', async () => {
    const { owner } = world;
    const token = owned['/waybill/v1/tokens/:id']?.['id'];
    const { tokens } = await owner.listTokens();
    assert.equal(tokens.find(({ id }) => id === token)?.revokedAt, null);
    assert.deepEqual(
      (await owner.listKeys()).keys.map(({ name }) => name),
      ['mine'],
    );
    assert.equal((await owner.describeRun(owned['/waybill/v1/runs/:id']?.['id'] ?? '')).state, 'INITIALIZED');
  });
});

describe('nasty input', () => {
  const COUNT = 700;
  const SEED = 20261124;

  it('gets an answer below 500 from every route, in the form of its API, and with nothing of our inside', async () => {
    const any = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
    const all = [...routes].toSorted();
    const question = fc.record({
      segments: fc.array(any(SEGMENTS), { minLength: 3, maxLength: 3 }),
      // Often a thing that is there, so that what comes after it is reached.
      real: fc.boolean(),
      wild: any(WILD),
      query: any(QUERIES),
      type: any(TYPES),
      headers: any(HEADERS),
      body: any(NASTY_BODIES),
      mutation: fc.record({ at: fc.nat(20), value: any(VALUES) }),
      signedIn: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
    });
    const asked = fc.sample(question, { numRuns: COUNT, seed: SEED }).map((q, at): Sent => {
      const route = all[at % all.length] ?? '';
      const { method, url } = split(route);
      const rest = [...q.segments];
      const segment = (): string => rest.pop() ?? 'x';
      const values = q.real ? (owned[url] ?? {}) : {};
      const path = url
        .replaceAll(/:(\w+)/g, (_, name: string) => values[name] ?? segment())
        .replace('*', () => q.wild.replaceAll('#', segment));
      const valid = BODIES[route];
      const mutated = valid !== undefined && q.mutation.at % 4 > 0;
      const headers = {
        ...(mutated
          ? { 'content-type': 'application/json' }
          : q.type === ''
            ? {}
            : { 'content-type': q.type }),
        ...q.headers,
        ...(q.signedIn ? bearer(world.ownerToken) : {}),
      };
      const nothing = method === 'GET' || method === 'HEAD';
      const body = mutated ? JSON.stringify(mutant(valid, q.mutation.at, q.mutation.value)) : q.body;
      return { method, path: `${path}${q.query}`, headers, body: nothing ? undefined : body };
    });
    const wrong: string[] = [];
    const next = asked.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const sent of next) {
          const fault = faultOf(await answerTo(sent), sent);
          if (fault !== null) wrong.push(`${fault}\n    ${describeSent(sent)}`);
        }
      }),
    );
    assert.equal(wrong.length, 0, `${wrong.length} of ${COUNT}:\n${wrong.slice(0, 10).join('\n')}`);
    assert.equal((await send({ method: 'GET', path: '/readyz' })).status, 200);
  });

  async function answerTo(sent: Sent): Promise<Answer> {
    try {
      return await send(sent);
    } catch (error) {
      throw new Error(`no answer to ${describeSent(sent)}`, { cause: error });
    }
  }

  /** What must not be in an answer, or null. */
  function faultOf({ status, headers, body }: Answer, { path }: Sent): string | null {
    const said = `${status} ${body.slice(0, 300)}`;
    if (status < 200 || status >= 500) return said;
    if (status < 400) return null;
    if (/\n\s+at |node_modules|node:|\.[tj]s:\d/.test(body)) return `a stack in ${said}`;
    if (
      /\b(?:select|insert into|update|delete from)\b.+\b(?:from|values|set|where)\b|SQLSTATE|relation "/i.test(
        body,
      )
    )
      return `SQL in ${said}`;
    if (body === '') return null;
    // RFC 6962 wants words for people.
    if (path.startsWith('/ct/v1/')) return headers['content-type']?.startsWith('text/plain') ? null : said;
    const isJson = /^application\/(?:problem\+)?json/.test(headers['content-type'] ?? '');
    if (!isJson) return `no JSON in ${said}`;
    const answer = JSON.parse(body) as { code?: unknown; error?: unknown; errors?: { code?: unknown }[] };
    return (answer.code ?? answer.error ?? answer.errors?.[0]?.code) === undefined
      ? `no code in ${said}`
      : null;
  }

  const describeSent = ({ method, path, headers, body }: Sent): string =>
    JSON.stringify({
      method,
      path: path.slice(0, 200),
      headers: { ...headers, authorization: headers?.['authorization'] === undefined ? 'none' : 'owner' },
      body: typeof body === 'string' ? body.slice(0, 200) : body,
    });
});
