import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import {
  artifactManifest,
  type Descriptor,
  descriptorOf,
  EMPTY_BLOB,
  EMPTY_DESCRIPTOR,
  formatManifest,
  MEDIA_TYPE,
} from '@waybill/core/oci';
import { openTestRegistry, type TestRegistry } from '../../test/open-test-registry.ts';
import type { Tx } from '../ground/index.ts';
import { blobSizes, expireUploads, putEvidence, statManifest } from './index.ts';

let world: TestRegistry;
before(async () => {
  world = await openTestRegistry({ maxBlobBytes: 1024 * 1024 });
});
after(() => world.close());

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Sent {
  readonly token?: string | null;
  readonly body?: Uint8Array | string;
  readonly headers?: Record<string, string>;
}

async function send(method: Method, url: string, { token, body, headers }: Sent = {}) {
  const authorization = token === null ? {} : { authorization: `Bearer ${token ?? world.ownerToken}` };
  return world.app.inject({
    method,
    url,
    headers: { ...authorization, ...headers },
    ...(body === undefined ? {} : { payload: Buffer.from(body as Uint8Array) }),
  });
}

const ociCode = (response: { json(): { errors: { code: string }[] } }) => response.json().errors[0]?.code;

async function pushBytes(repository: string, bytes: Uint8Array, token?: string): Promise<Descriptor> {
  const blob = descriptorOf(bytes, 'application/octet-stream');
  const response = await send('POST', `/v2/${repository}/blobs/uploads/?digest=${blob.digest}`, {
    body: bytes,
    ...(token === undefined ? {} : { token }),
  });
  assert.equal(response.statusCode, 201, response.body);
  return blob;
}

async function startUpload(repository: string): Promise<string> {
  const response = await send('POST', `/v2/${repository}/blobs/uploads/`);
  assert.equal(response.statusCode, 202, response.body);
  return String(response.headers.location);
}

const put = (repository: string, reference: string, bytes: Uint8Array, sent: Sent = {}) =>
  send('PUT', `/v2/${repository}/manifests/${reference}`, {
    body: bytes,
    headers: { 'content-type': MEDIA_TYPE.imageManifest },
    ...sent,
  });

function artifact(
  layers: readonly Descriptor[],
  more: { subject?: Descriptor; annotations?: Record<string, string> } = {},
) {
  return formatManifest(artifactManifest({ artifactType: 'application/vnd.example', layers, ...more }));
}

describe('GET /v2/', () => {
  it('answers 401 with a challenge that names the token endpoint', async () => {
    const response = await send('GET', '/v2/', { token: null });
    assert.equal(response.statusCode, 401);
    assert.equal(
      response.headers['www-authenticate'],
      `Bearer realm="${world.publicUrl}/v2/token",service="${world.host}"`,
    );
    assert.equal(ociCode(response), 'UNAUTHORIZED');
  });

  it('takes Bearer and Basic', async () => {
    const basic = `Basic ${Buffer.from(`x:${world.ownerToken}`).toString('base64')}`;
    assert.equal((await send('GET', '/v2/')).statusCode, 200);
    assert.equal(
      (await send('GET', '/v2/', { token: null, headers: { authorization: basic } })).statusCode,
      200,
    );
    assert.equal((await send('GET', '/v2/', { token: `wb_${'A'.repeat(43)}` })).statusCode, 401);
  });
});

describe('/v2/token', () => {
  const basic = () => ({ authorization: `Basic ${Buffer.from(`x:${world.ownerToken}`).toString('base64')}` });

  it('grants the intersection of what is asked and allowed, and the token is limited to it', async () => {
    const viewer = await world.createToken(world.orgId, 'viewer');
    const url =
      '/v2/token?service=s&scope=repository:default/token/a:pull,push&scope=repository:other/x:pull';
    const answer = (await send('GET', url, { token: viewer })).json();
    assert.equal(answer.expires_in, 300);
    assert.equal(answer.token, answer.access_token);
    const claims = JSON.parse(Buffer.from(answer.token.split('.')[1], 'base64url').toString());
    assert.deepEqual(claims.access, [{ type: 'repository', name: 'default/token/a', actions: ['pull'] }]);
    assert.equal((await send('GET', '/v2/', { token: answer.token })).statusCode, 200);
    assert.equal(
      (await send('POST', '/v2/default/token/a/blobs/uploads/', { token: answer.token })).statusCode,
      403,
    );
  });

  it('makes a client ask again for a scope that its token lacks', async () => {
    const narrow = (
      await send('GET', '/v2/token?scope=repository:default/token/a:pull', { token: null, headers: basic() })
    ).json();
    const response = await send('POST', '/v2/default/token/a/blobs/uploads/', { token: narrow.token });
    assert.equal(response.statusCode, 401);
    assert.match(
      String(response.headers['www-authenticate']),
      /scope="repository:default\/token\/a:pull,push",error="insufficient_scope"/,
    );
  });

  it('takes the password form, and refuses wrong passwords and other grants', async () => {
    const form = (fields: Record<string, string>) =>
      send('POST', '/v2/token', {
        token: null,
        body: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    const good = await form({
      grant_type: 'password',
      username: 'x',
      password: world.ownerToken,
      scope: 'repository:default/a:pull',
    });
    assert.equal(good.statusCode, 200, good.body);
    assert.equal(good.json().scope, 'repository:default/a:pull');
    assert.equal((await form({ grant_type: 'password', username: 'x', password: 'no' })).statusCode, 401);
    assert.equal((await form({ grant_type: 'refresh_token', refresh_token: 'r' })).statusCode, 400);
    assert.equal((await send('GET', '/v2/token', { token: null })).statusCode, 401);
  });

  it('is dead when the API token behind it is revoked, and after five minutes', async () => {
    const api = await world.createToken(world.orgId, 'member');
    const { token } = (await send('GET', '/v2/token', { token: api })).json();
    assert.equal((await send('GET', '/v2/', { token })).statusCode, 200);
    await world.query(`update identity_tokens set revoked_at = now() where hash = sha256($1::bytea)`, [
      Buffer.from(api),
    ]);
    assert.equal((await send('GET', '/v2/', { token })).statusCode, 401);
    const late = (await send('GET', '/v2/token')).json();
    world.advance(10 * 60 * 1000);
    assert.equal((await send('GET', '/v2/', { token: late.token })).statusCode, 401);
  });
});

describe('blobs', () => {
  it('come back whole, by HEAD and by range', async () => {
    const bytes = utf8('0123456789');
    const { digest } = await pushBytes('default/blobs/a', bytes);
    const url = `/v2/default/blobs/a/blobs/${digest}`;
    const head = await send('HEAD', url);
    assert.equal(head.statusCode, 200);
    assert.equal(head.headers['content-length'], '10');
    assert.equal(head.headers['docker-content-digest'], digest);
    assert.equal((await send('GET', url)).body, '0123456789');
    const ranges: [string, number, string][] = [
      ['bytes=2-4', 206, '234'],
      ['bytes=7-', 206, '789'],
      ['bytes=-3', 206, '789'],
      ['bytes=-99', 206, '0123456789'],
      ['bytes=5-999', 206, '56789'],
      ['bytes=4-2', 200, '0123456789'],
      ['lines=1-2', 200, '0123456789'],
    ];
    for (const [range, status, body] of ranges) {
      const response = await send('GET', url, { headers: { range } });
      assert.deepEqual([response.statusCode, response.body], [status, body], range);
    }
    const beyond = await send('GET', url, { headers: { range: 'bytes=10-' } });
    assert.equal(beyond.statusCode, 416);
    assert.equal(beyond.headers['content-range'], 'bytes */10');
  });

  it('are taken empty, and under SHA-512', async () => {
    const empty = digestOf(new Uint8Array());
    const location = await startUpload('default/blobs/a');
    assert.equal((await send('PUT', `${location}?digest=${empty}`)).statusCode, 201);
    assert.equal((await send('GET', `/v2/default/blobs/a/blobs/${empty}`)).body, '');
    const long = digestOf(utf8('long'), 'sha512');
    const second = await startUpload('default/blobs/a');
    assert.equal((await send('PATCH', second, { body: 'long' })).statusCode, 202);
    assert.equal((await send('PUT', `${second}?digest=${long}`)).statusCode, 201);
    assert.equal((await send('GET', `/v2/default/blobs/a/blobs/${long}`)).body, 'long');
  });

  it('of a wrong digest are refused, and nothing is kept', async () => {
    const wrong = digestOf(utf8('right'));
    const before = await world.query('select count(*)::int as n from registry_blobs');
    const post = await send('POST', `/v2/default/blobs/a/blobs/uploads/?digest=${wrong}`, { body: 'wrong' });
    assert.deepEqual([post.statusCode, ociCode(post)], [400, 'DIGEST_INVALID']);
    const location = await startUpload('default/blobs/a');
    await send('PATCH', location, { body: 'wro' });
    const put = await send('PUT', `${location}?digest=${wrong}`, { body: 'ng' });
    assert.deepEqual([put.statusCode, ociCode(put)], [400, 'DIGEST_INVALID']);
    assert.equal((await send('GET', location)).statusCode, 404);
    assert.equal((await send('HEAD', `/v2/default/blobs/a/blobs/${wrong}`)).statusCode, 404);
    assert.equal(await world.blobs.stat(`uploads/${location.split('/').at(-1)}`), null);
    assert.deepEqual(await world.query('select count(*)::int as n from registry_blobs'), before);
    for (const digest of ['sha256:00', 'md5:00', '..%2f..%2fetc', `sha256:${'A'.repeat(64)}`]) {
      const response = await send('POST', `/v2/default/blobs/a/blobs/uploads/?digest=${digest}`, {
        body: 'x',
      });
      assert.deepEqual([response.statusCode, ociCode(response)], [400, 'DIGEST_INVALID'], digest);
    }
  });

  it('over the limit are refused, in one piece and in many', async () => {
    const big = new Uint8Array(1024 * 1024 + 1);
    const whole = await send('POST', `/v2/default/blobs/a/blobs/uploads/?digest=${digestOf(big)}`, {
      body: big,
    });
    assert.deepEqual([whole.statusCode, ociCode(whole)], [413, 'SIZE_INVALID']);
    const location = await startUpload('default/blobs/a');
    assert.equal((await send('PATCH', location, { body: big.subarray(0, 1024 * 1024) })).statusCode, 202);
    assert.equal((await send('PATCH', location, { body: 'x' })).statusCode, 413);
  });

  it('in use are not deleted, others are', async () => {
    const layer = await pushBytes('default/blobs/d', utf8('layer'));
    await pushBytes('default/blobs/d', EMPTY_BLOB);
    const { digest } = await pushBytes('default/blobs/d', utf8('loose'));
    const made = await put('default/blobs/d', 't', artifact([layer]));
    assert.equal(made.statusCode, 201, made.body);
    assert.equal((await send('DELETE', `/v2/default/blobs/d/blobs/${layer.digest}`)).statusCode, 405);
    assert.equal((await send('DELETE', `/v2/default/blobs/d/blobs/${digest}`)).statusCode, 202);
    assert.equal((await send('DELETE', `/v2/default/blobs/d/blobs/${digest}`)).statusCode, 404);
    assert.equal((await send('DELETE', '/v2/default/blobs/d/manifests/t')).statusCode, 202);
    assert.equal(
      (await send('DELETE', `/v2/default/blobs/d/manifests/${made.headers['docker-content-digest']}`))
        .statusCode,
      202,
    );
    assert.equal((await send('DELETE', `/v2/default/blobs/d/blobs/${layer.digest}`)).statusCode, 202);
  });
});

describe('an upload in chunks', () => {
  it('is taken in order, told how far it came, and closed with a last chunk', async () => {
    const location = await startUpload('default/chunks/a');
    const first = await send('PATCH', location, { body: 'abc', headers: { 'content-range': '0-2' } });
    assert.deepEqual([first.statusCode, first.headers.range], [202, '0-2']);
    const gap = await send('PATCH', location, { body: 'xyz', headers: { 'content-range': '5-7' } });
    assert.deepEqual([gap.statusCode, ociCode(gap)], [416, 'BLOB_UPLOAD_INVALID']);
    const again = await send('PATCH', location, { body: 'abc', headers: { 'content-range': '0-2' } });
    assert.equal(again.statusCode, 416);
    const lie = await send('PATCH', location, { body: 'def', headers: { 'content-range': '3-9' } });
    assert.equal(lie.statusCode, 416);
    const status = await send('GET', location);
    assert.deepEqual([status.statusCode, status.headers.range], [204, '0-2']);
    assert.equal((await send('PATCH', location, { body: 'def' })).headers.range, '0-5');
    const digest = digestOf(utf8('abcdefghi'));
    const closed = await send('PUT', `${location}?digest=${digest}`, {
      body: 'ghi',
      headers: { 'content-range': '6-8' },
    });
    assert.equal(closed.statusCode, 201, closed.body);
    assert.equal(closed.headers.location, `/v2/default/chunks/a/blobs/${digest}`);
    assert.equal((await send('GET', String(closed.headers.location))).body, 'abcdefghi');
    assert.equal((await send('GET', location)).statusCode, 404);
  });

  it('is finished by another process, which hashes it again', async () => {
    const location = await startUpload('default/chunks/a');
    await send('PATCH', location, { body: 'abc' });
    world.registry.openUploads.forget(location.split('/').at(-1) ?? '');
    await send('PATCH', location, { body: 'def' });
    assert.equal((await send('PUT', `${location}?digest=${digestOf(utf8('abcdef'))}`)).statusCode, 201);
  });

  it('is cancelled, and expires', async () => {
    const cancelled = await startUpload('default/chunks/a');
    await send('PATCH', cancelled, { body: 'abc' });
    assert.equal((await send('DELETE', cancelled)).statusCode, 204);
    assert.equal((await send('PATCH', cancelled, { body: 'abc' })).statusCode, 404);
    const forgotten = await startUpload('default/chunks/a');
    await send('PATCH', forgotten, { body: 'abc' });
    world.advance(25 * 60 * 60 * 1000);
    assert.equal((await send('GET', forgotten)).statusCode, 404);
    assert.ok((await expireUploads(world.registry)) >= 1);
    assert.equal(await world.blobs.stat(`uploads/${forgotten.split('/').at(-1)}`), null);
  });

  it('is bound to its repository and organisation, and to an id that cannot be guessed', async () => {
    const location = await startUpload('default/chunks/a');
    const id = location.split('/').at(-1);
    assert.equal((await send('GET', `/v2/default/chunks/b/blobs/uploads/${id}`)).statusCode, 404);
    const other = await world.createOrganization(`o${randomUUID().slice(0, 8)}`);
    assert.equal((await send('GET', location, { token: other.token })).statusCode, 404);
    for (const forged of [randomUUID(), '..', '%2e%2e', '..%2f..%2fstore', 'x'.repeat(300)]) {
      const response = await send('GET', `/v2/default/chunks/a/blobs/uploads/${forged}`);
      assert.ok(response.statusCode === 404, `${forged}: ${response.statusCode}`);
    }
  });
});

describe('a mount', () => {
  it('makes a blob visible in another repository without an upload', async () => {
    const { digest } = await pushBytes('default/mount/a', utf8('mounted'));
    assert.equal((await send('HEAD', `/v2/default/mount/b/blobs/${digest}`)).statusCode, 404);
    const response = await send(
      'POST',
      `/v2/default/mount/b/blobs/uploads/?mount=${digest}&from=default/mount/a`,
    );
    assert.equal(response.statusCode, 201);
    assert.equal((await send('HEAD', `/v2/default/mount/b/blobs/${digest}`)).statusCode, 200);
  });

  it('that is not possible or not allowed starts an upload, and tells nothing', async () => {
    const other = await world.createOrganization(`o${randomUUID().slice(0, 8)}`);
    const [row] = await world.query('select name from identity_organizations where org_id = $1', [
      other.orgId,
    ]);
    const { digest } = await pushBytes('default/mount/a', utf8('mine'));
    for (const from of ['default/mount/a', 'default/none', 'Not/../valid']) {
      const url = `/v2/${row?.['name']}/x/blobs/uploads/?mount=${digest}&from=${from}`;
      assert.equal((await send('POST', url, { token: other.token })).statusCode, 202, from);
    }
    const scoped = await world.createToken(world.orgId, 'member', { type: 'project', project: 'p1' });
    const url = `/v2/default/p1/x/blobs/uploads/?mount=${digest}&from=default/mount/a`;
    assert.equal((await send('POST', url, { token: scoped })).statusCode, 202);
  });
});

describe('manifests', () => {
  it('come back byte for byte, by tag and by digest', async () => {
    const layer = await pushBytes('default/m/a', utf8('layer'));
    await pushBytes('default/m/a', EMPTY_BLOB);
    const bytes = Buffer.concat([Buffer.from(artifact([layer])), Buffer.from(' \n')]);
    const pushed = await put('default/m/a', 'v1', bytes);
    const digest = digestOf(bytes);
    assert.deepEqual([pushed.statusCode, pushed.headers['docker-content-digest']], [201, digest]);
    for (const reference of ['v1', digest, digest.replace(':', '%3A')]) {
      const got = await send('GET', `/v2/default/m/a/manifests/${reference}`);
      assert.deepEqual([got.statusCode, got.rawPayload.equals(bytes)], [200, true]);
      assert.equal(got.headers['content-type'], MEDIA_TYPE.imageManifest);
      const head = await send('HEAD', `/v2/default/m/a/manifests/${reference}`);
      assert.deepEqual(
        [head.statusCode, head.headers['content-length'], head.body],
        [200, String(bytes.length), ''],
      );
      assert.equal(head.headers['docker-content-digest'], digest);
    }
    const audits = await world.query(
      `select * from ground_audit where action = 'registry.manifest.put' and target = $1`,
      [`default/m/a@${digest}`],
    );
    assert.equal(audits.length, 1);
  });

  it('need their content, but not their subject', async () => {
    const missing = await put('default/m/b', 't', artifact([descriptorOf(utf8('absent'), 'text/plain')]));
    assert.deepEqual([missing.statusCode, ociCode(missing)], [404, 'MANIFEST_BLOB_UNKNOWN']);
    await pushBytes('default/m/b', EMPTY_BLOB);
    const subject = descriptorOf(utf8('later'), MEDIA_TYPE.imageManifest);
    const pushed = await put('default/m/b', 't', artifact([], { subject }));
    assert.deepEqual([pushed.statusCode, pushed.headers['oci-subject']], [201, subject.digest]);
  });

  it('that are malformed, mislabelled, too large or under a wrong digest are refused', async () => {
    await pushBytes('default/m/c', EMPTY_BLOB);
    const good = artifact([]);
    const cases: [string, Uint8Array, string, number, string][] = [
      ['t', utf8(''), MEDIA_TYPE.imageManifest, 400, 'MANIFEST_INVALID'],
      ['t', utf8('{'), MEDIA_TYPE.imageManifest, 400, 'MANIFEST_INVALID'],
      ['t', good, MEDIA_TYPE.imageIndex, 400, 'MANIFEST_INVALID'],
      ['t', good, 'text/html', 400, 'MANIFEST_INVALID'],
      ['t', new Uint8Array(4 * 1024 * 1024 + 1), MEDIA_TYPE.imageManifest, 413, 'SIZE_INVALID'],
      [digestOf(utf8('other')), good, MEDIA_TYPE.imageManifest, 400, 'DIGEST_INVALID'],
      ['-t', good, MEDIA_TYPE.imageManifest, 400, 'MANIFEST_INVALID'],
    ];
    for (const [reference, bytes, type, status, code] of cases) {
      const response = await put('default/m/c', reference, bytes, { headers: { 'content-type': type } });
      assert.deepEqual(
        [response.statusCode, ociCode(response)],
        [status, code],
        `${reference} ${type} ${response.body}`,
      );
    }
  });

  it('take further tags, list them in byte order by pages, and lose them one by one', async () => {
    await pushBytes('default/m/d', EMPTY_BLOB);
    const bytes = artifact([], { annotations: { for: 'tags' } });
    const digest = digestOf(bytes);
    const pushed = await put('default/m/d', `${digest}?tag=b&tag=B&tag=a`, bytes);
    assert.equal(pushed.headers['oci-tag'], 'b, B, a');
    const list = async (query: string) => send('GET', `/v2/default/m/d/tags/list${query}`);
    assert.deepEqual((await list('')).json(), { name: 'default/m/d', tags: ['B', 'a', 'b'] });
    const page = await list('?n=2');
    assert.deepEqual(page.json().tags, ['B', 'a']);
    assert.equal(page.headers.link, '</v2/default/m/d/tags/list?n=2&last=a>; rel="next"');
    assert.deepEqual((await list('?n=2&last=a')).json().tags, ['b']);
    assert.deepEqual((await list('?n=0')).json().tags, []);
    assert.equal((await list('?n=x')).statusCode, 400);
    assert.equal((await send('DELETE', '/v2/default/m/d/manifests/a')).statusCode, 202);
    assert.equal((await send('GET', '/v2/default/m/d/manifests/a')).statusCode, 404);
    assert.equal((await send('DELETE', `/v2/default/m/d/manifests/${digest}`)).statusCode, 202);
    assert.deepEqual((await list('')).json().tags, []);
    assert.equal((await send('GET', '/v2/default/none/tags/list')).statusCode, 404);
  });

  it('are deleted by an admin, not by a member', async () => {
    const member = await world.createToken(world.orgId, 'member');
    const asMember = { token: member, headers: { 'content-type': MEDIA_TYPE.imageManifest } };
    await pushBytes('default/m/e', EMPTY_BLOB, member);
    assert.equal((await put('default/m/e', 't', artifact([]), asMember)).statusCode, 201);
    assert.equal((await send('DELETE', '/v2/default/m/e/manifests/t', { token: member })).statusCode, 403);
    assert.equal((await send('DELETE', '/v2/default/m/e/manifests/t')).statusCode, 202);
  });
});

describe('referrers', () => {
  it('are listed with type and annotations, filtered, and never 404', async () => {
    await pushBytes('default/r/a', EMPTY_BLOB);
    const subject = descriptorOf(utf8('subject'), MEDIA_TYPE.imageManifest);
    const first = artifact([], { subject, annotations: { n: '1' } });
    const second = formatManifest(
      artifactManifest({ artifactType: 'application/vnd.other', layers: [], subject }),
    );
    for (const bytes of [first, second])
      assert.equal((await put('default/r/a', digestOf(bytes), bytes)).statusCode, 201);
    const all = await send('GET', `/v2/default/r/a/referrers/${subject.digest}`);
    assert.equal(all.headers['content-type'], MEDIA_TYPE.imageIndex);
    assert.deepEqual(
      all
        .json()
        .manifests.map((m: { artifactType: string }) => m.artifactType)
        .toSorted(),
      ['application/vnd.example', 'application/vnd.other'],
    );
    const some = await send(
      'GET',
      `/v2/default/r/a/referrers/${subject.digest}?artifactType=application/vnd.example`,
    );
    assert.equal(some.headers['oci-filters-applied'], 'artifactType');
    assert.deepEqual(some.json().manifests, [
      {
        mediaType: MEDIA_TYPE.imageManifest,
        digest: digestOf(first),
        size: first.length,
        annotations: { n: '1' },
        artifactType: 'application/vnd.example',
      },
    ]);
    const none = await send('GET', `/v2/default/r/none/referrers/sha256:${'0'.repeat(64)}`);
    assert.deepEqual([none.statusCode, none.json().manifests], [200, []]);
    assert.equal((await send('GET', '/v2/default/r/a/referrers/sha256:1')).statusCode, 400);
  });

  it('come in pages when their annotations are large', async () => {
    await pushBytes('default/r/p', EMPTY_BLOB);
    const subject = descriptorOf(utf8('paged'), MEDIA_TYPE.imageManifest);
    for (const n of ['1', '2', '3']) {
      const bytes = artifact([], { subject, annotations: { n, x: 'x'.repeat(1_500_000) } });
      assert.equal((await put('default/r/p', digestOf(bytes), bytes)).statusCode, 201);
    }
    const seen: string[] = [];
    let next: string | undefined = `/v2/default/r/p/referrers/${subject.digest}`;
    for (let pages = 0; next !== undefined && pages < 5; pages++) {
      const page = await send('GET', next);
      seen.push(...page.json().manifests.map((m: { annotations: { n: string } }) => m.annotations.n));
      next = /^<(.*)>; rel="next"$/.exec(String(page.headers.link ?? ''))?.[1];
    }
    assert.deepEqual(seen.toSorted(), ['1', '2', '3']);
  });
});

describe('two tenants', () => {
  it('see nothing of each other: unknown and foreign look the same', async () => {
    const other = await world.createOrganization(`o${randomUUID().slice(0, 8)}`);
    const { digest } = await pushBytes('default/secret/a', utf8('secret'));
    for (const [method, rest] of [
      ['HEAD', `blobs/${digest}`],
      ['GET', `blobs/${digest}`],
      ['GET', 'manifests/t'],
      ['PUT', 'manifests/t'],
      ['GET', 'tags/list'],
      ['GET', `referrers/${digest}`],
      ['POST', 'blobs/uploads/'],
      ['DELETE', `blobs/${digest}`],
    ] as const) {
      const foreign = await send(method, `/v2/default/secret/a/${rest}`, { token: other.token });
      const unknown = await send(method, `/v2/nobody/secret/a/${rest}`, { token: other.token });
      assert.equal(foreign.statusCode, 404, `${method} ${rest}`);
      assert.equal(foreign.body.replaceAll('default/', 'nobody/'), unknown.body);
    }
  });

  it('do not share a blob by knowing its digest', async () => {
    const name = `o${randomUUID().slice(0, 8)}`;
    const other = await world.createOrganization(name);
    const { digest } = await pushBytes('default/secret/a', utf8('known elsewhere'));
    assert.equal(
      (await send('HEAD', `/v2/${name}/x/blobs/${digest}`, { token: other.token })).statusCode,
      404,
    );
    const claim = await put(
      `${name}/x`,
      't',
      artifact([descriptorOf(utf8('known elsewhere'), 'text/plain')]),
      { token: other.token },
    );
    assert.equal(ociCode(claim), 'MANIFEST_BLOB_UNKNOWN');
    const forged = await send('POST', `/v2/${name}/x/blobs/uploads/?digest=${digest}`, {
      token: other.token,
      body: 'guess',
    });
    assert.equal(forged.statusCode, 400);
    await pushBytes(`${name}/x`, utf8('known elsewhere'), other.token);
    assert.equal(
      (await send('HEAD', `/v2/${name}/x/blobs/${digest}`, { token: other.token })).statusCode,
      200,
    );
  });
});

describe('scopes', () => {
  it('keep a project or workflow token inside <org>/<project>', async () => {
    const scopes = [
      { type: 'project', project: 'p1' } as const,
      { type: 'workflow', project: 'p1', workflow: 'w' } as const,
    ];
    for (const scope of scopes) {
      const token = await world.createToken(world.orgId, 'member', scope);
      for (const inside of ['default/p1/x', 'default/p1', 'default/p1/w/deep']) {
        assert.equal((await send('POST', `/v2/${inside}/blobs/uploads/`, { token })).statusCode, 202, inside);
      }
      for (const outside of ['default/p2/x', 'default/p10', 'default']) {
        assert.equal(
          (await send('POST', `/v2/${outside}/blobs/uploads/`, { token })).statusCode,
          403,
          outside,
        );
        assert.equal((await send('GET', `/v2/${outside}/tags/list`, { token })).statusCode, 403, outside);
      }
    }
  });
});

describe('the door for later rooms', () => {
  const at = () => ({ orgId: world.orgId, orgName: 'default', repository: 'default/p/w' });
  const inOrg = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => world.db.withOrg(world.orgId, work);
  const evidenceOf = async (text: string, repository = at().repository) => {
    const blob = await world.registry.store.put(utf8(text));
    const bytes = artifact([{ ...blob, mediaType: 'application/json' }]);
    const manifests = [{ bytes, tag: 'run-1' }, { bytes: artifact([]) }];
    return { ...at(), repository, blobs: [EMPTY_DESCRIPTOR, blob], manifests, now: new Date() };
  };

  it('puts evidence that clients read, but neither delete nor retag', async () => {
    const evidence = await evidenceOf('bundle');
    const digests = await inOrg((tx) => putEvidence(tx, evidence));
    assert.deepEqual(await inOrg((tx) => putEvidence(tx, evidence)), digests);
    const [digest = digestOf(utf8('')), other] = digests;
    assert.equal((await inOrg((tx) => statManifest(tx, at(), digest)))?.pinned, true);
    const url = '/v2/default/p/w/manifests';
    assert.equal((await send('GET', `${url}/run-1`)).statusCode, 200);
    assert.equal((await send('GET', `${url}/${other}`)).statusCode, 200);
    for (const reference of ['run-1', digest]) {
      const answer = await send('DELETE', `${url}/${reference}`);
      assert.equal(answer.statusCode, 403, answer.body);
    }
    assert.equal((await put('default/p/w', 'run-1', artifact([]))).statusCode, 403);
    const [{ bytes } = { bytes: utf8('') }] = evidence.manifests;
    assert.equal((await put('default/p/w', digest, bytes)).statusCode, 201);
    assert.equal((await inOrg((tx) => statManifest(tx, at(), digest)))?.pinned, true);
    const blob = evidence.blobs[1]?.digest;
    assert.equal((await send('DELETE', `/v2/default/p/w/blobs/${blob}`)).statusCode, 405);
  });

  it('puts no evidence whose content is not there, nor into another organisation', async () => {
    const evidence = await evidenceOf('more');
    const incomplete = { ...evidence, blobs: [EMPTY_DESCRIPTOR], repository: 'default/p/empty' };
    await assert.rejects(
      inOrg((tx) => putEvidence(tx, incomplete)),
      { code: 'registry_manifest_blob_unknown' },
    );
    await assert.rejects(
      inOrg((tx) => putEvidence(tx, { ...evidence, repository: 'other/x' })),
      { code: 'registry_name_unknown' },
    );
  });

  it('tells the sizes of the blobs that a repository holds', async () => {
    const evidence = await evidenceOf('sized', 'default/p/sized');
    await inOrg((tx) => putEvidence(tx, evidence));
    const digest = evidence.blobs[1]?.digest ?? EMPTY_DESCRIPTOR.digest;
    const asked = [digest, digestOf(utf8('absent'))];
    const sizes = await inOrg((tx) => blobSizes(tx, { ...at(), repository: 'default/p/sized' }, asked));
    assert.deepEqual([...sizes], [[digest, 5]]);
    assert.equal(
      (await inOrg((tx) => blobSizes(tx, { ...at(), repository: 'default/p/other' }, asked))).size,
      0,
    );
  });
});
