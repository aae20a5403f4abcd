import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import {
  type Connection,
  connect,
  getBlob,
  getManifest,
  pushBlob,
  pushFile,
  pushManifest,
  resolve,
} from '@waybill/clients/oci';
import { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import { artifactManifest, EMPTY_BLOB, formatManifest, MEDIA_TYPE } from '@waybill/core/oci';
import { requirePeer, type TempDir, tempDir } from '@waybill/testkit';
import { openTestRegistry, type TestRegistry } from '../../test/open-test-registry.ts';

const run = promisify(execFile);
const oras = requirePeer('oras');
const crane = requirePeer('crane');

let world: TestRegistry;
let directory: TempDir;
before(async () => {
  world = await openTestRegistry();
  await world.app.listen({ host: '127.0.0.1', port: Number(world.host.split(':')[1]) });
  directory = await tempDir();
});
after(async () => {
  await world.close();
  await directory.remove();
});

const connection = (): Connection =>
  connect(world.host, { credentials: { username: 'x', password: new Secret(world.ownerToken) } });

/** The path goes out as it is written: fetch and inject would tidy it up. */
async function raw(options: {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
}) {
  const { method, path, headers, body } = options;
  const sent = request(`${world.publicUrl}`, {
    method,
    path,
    headers: { authorization: `Bearer ${world.ownerToken}`, ...headers },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks = await Array.fromAsync(response as AsyncIterable<Buffer>);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

describe('unmodified oras', { skip: oras.skip }, () => {
  const call = (...args: string[]) =>
    run(oras.path ?? '', args, {
      cwd: directory.path,
      env: { ...process.env, DOCKER_CONFIG: directory.path },
    });

  it('logs in, pushes, attaches, discovers, pulls and deletes', async () => {
    await writeFile(join(directory.path, 'hello.txt'), 'hello');
    await writeFile(join(directory.path, 'sbom.json'), '{"bom":1}');
    await call('login', '--plain-http', world.host, '-u', 'x', '-p', world.ownerToken);
    const reference = `${world.host}/default/oras/app:v1`;
    await call('push', '--plain-http', reference, 'hello.txt:text/plain');
    await call(
      'attach',
      '--plain-http',
      '--artifact-type',
      'application/vnd.example.sbom',
      reference,
      'sbom.json:application/json',
    );
    const { stdout } = await call('discover', '--plain-http', '--format', 'json', reference);
    assert.equal(JSON.parse(stdout).referrers[0].artifactType, 'application/vnd.example.sbom');
    await mkdir(join(directory.path, 'out'));
    await call('pull', '--plain-http', '-o', 'out', reference);
    assert.equal(await readFile(join(directory.path, 'out', 'hello.txt'), 'utf8'), 'hello');
    const tags = await call('repo', 'tags', '--plain-http', `${world.host}/default/oras/app`);
    assert.equal(tags.stdout.trim(), 'v1');
    await call(
      'cp',
      '-r',
      '--from-plain-http',
      '--to-plain-http',
      reference,
      `${world.host}/default/oras/copy:v1`,
    );
    const copied = await call(
      'discover',
      '--plain-http',
      '--format',
      'json',
      `${world.host}/default/oras/copy:v1`,
    );
    assert.equal(JSON.parse(copied.stdout).referrers.length, 1);
    await call('manifest', 'delete', '--plain-http', '--force', reference);
    await assert.rejects(call('pull', '--plain-http', reference));
  });

  it('is refused what its token may not do', async () => {
    const viewer = await world.createToken(world.orgId, 'viewer');
    const push = call(
      'push',
      '--plain-http',
      '-u',
      'x',
      '-p',
      viewer,
      `${world.host}/default/oras/no:v1`,
      'hello.txt:text/plain',
    );
    await assert.rejects(push, /denied|403|unauthorized/i);
  });
});

describe('unmodified crane', { skip: crane.skip }, () => {
  const call = (...args: string[]) =>
    run(crane.path ?? '', args, {
      cwd: directory.path,
      env: { ...process.env, DOCKER_CONFIG: join(directory.path, 'crane') },
    });

  it('logs in, appends a layer, pushes, copies, lists and pulls', async () => {
    await mkdir(join(directory.path, 'crane'));
    await call('auth', 'login', world.host, '-u', 'x', '-p', world.ownerToken);
    await writeFile(join(directory.path, 'file'), randomBytes(2_000_000));
    await run('tar', ['-cf', 'layer.tar', 'file'], { cwd: directory.path });
    const reference = `${world.host}/default/crane/app:v1`;
    await call('append', '-f', 'layer.tar', '-t', reference, '--oci-empty-base');
    const digest = (await call('digest', reference)).stdout.trim();
    assert.equal(
      (await resolve({ registry: world.host, repository: 'default/crane/app', tag: 'v1' }, connection()))
        .digest,
      digest,
    );
    await call('copy', reference, `${world.host}/default/crane/other:v2`);
    assert.equal((await call('ls', `${world.host}/default/crane/other`)).stdout.trim(), 'v2');
    await call('pull', '--format=oci', `${world.host}/default/crane/other:v2`, 'layout');
    await call('push', 'layout', `${world.host}/default/crane/again:v3`);
    assert.equal((await call('digest', `${world.host}/default/crane/again:v3`)).stdout.trim(), digest);
    await call('validate', '--remote', reference);
  });
});

describe('our own client', () => {
  it('pushes and pulls over the token dance, large blobs as streams', async () => {
    const path = join(directory.path, 'large');
    const bytes = randomBytes(20 * 1024 * 1024);
    await writeFile(path, bytes);
    const file = { digest: digestOf(bytes), sizeBytes: bytes.length };
    const own = connection();
    assert.deepEqual(await pushFile(own, 'default/own/a', path), { ...file, uploaded: true });
    assert.equal((await pushBlob(own, 'default/own/a', bytes)).uploaded, false);
    const hash = createHash('sha256');
    for await (const piece of getBlob(own, 'default/own/a', file)) hash.update(piece);
    assert.equal(`sha256:${hash.digest('hex')}`, file.digest);
    await pushBlob(own, 'default/own/a', EMPTY_BLOB);
    const manifest = formatManifest(
      artifactManifest({
        artifactType: 'application/vnd.example',
        layers: [{ ...file, mediaType: 'application/x' }],
      }),
    );
    const pushed = await pushManifest(
      own,
      { repository: 'default/own/a', tag: 't' },
      { bytes: manifest, mediaType: MEDIA_TYPE.imageManifest },
    );
    assert.equal(
      (await getManifest(own, { repository: 'default/own/a', tag: 't' })).descriptor.digest,
      pushed.digest,
    );
  });

  it('is told that it must sign in', async () => {
    await assert.rejects(getManifest(connect(world.host), { repository: 'default/own/a', tag: 't' }), {
      code: 'oci_client_unauthorized',
    });
  });
});

describe('an upload over a real connection', () => {
  it('that breaks off is resumed from where it came', async () => {
    const bytes = randomBytes(3 * 1024 * 1024);
    const start = await raw({ method: 'POST', path: '/v2/default/resume/a/blobs/uploads/' });
    const path = String(start.headers.location);
    const broken = request(`${world.publicUrl}`, {
      method: 'PATCH',
      path,
      headers: { authorization: `Bearer ${world.ownerToken}`, 'content-length': bytes.length },
    });
    broken.on('error', () => undefined);
    await new Promise((sent) => broken.write(bytes.subarray(0, 1024 * 1024), sent));
    // Else it may come after all that follows, and add its bytes to the end.
    await untilBegun(path);
    broken.destroy();
    await new Promise((gone) => broken.once('close', gone));
    // The server notices the broken connection in its own time, and refuses a second writer until then.
    const patched = await untilWritten(path, bytes);
    assert.equal(patched.status, 202, patched.body);
    assert.equal(patched.headers['range'], `0-${bytes.length - 1}`);
    const closed = await raw({ method: 'PUT', path: `${path}?digest=${digestOf(bytes)}` });
    assert.equal(closed.status, 201, closed.body);
  });

  async function untilWritten(path: string, bytes: Uint8Array): ReturnType<typeof raw> {
    const status = await raw({ method: 'GET', path });
    const had = /^0-(\d+)$/.exec(String(status.headers['range']))?.[1];
    const from = had === undefined || had === '0' ? 0 : Number(had) + 1;
    const range = `${from}-${bytes.length - 1}`;
    const patched = await raw({
      method: 'PATCH',
      path,
      headers: { 'content-range': range },
      body: bytes.subarray(from),
    });
    return patched.status === 416 ? untilWritten(path, bytes) : patched;
  }

  async function untilBegun(path: string): Promise<void> {
    const status = await raw({ method: 'GET', path });
    if (Number(/^0-(\d+)$/.exec(String(status.headers['range']))?.[1] ?? 0) === 0) await untilBegun(path);
  }

  async function untilReceived(path: string, sizeBytes: number): Promise<void> {
    const status = await raw({ method: 'GET', path });
    if (status.headers['range'] !== `0-${sizeBytes - 1}`) await untilReceived(path, sizeBytes);
  }

  it('takes chunks of unknown length, and two writers only one after the other', async () => {
    const start = await raw({ method: 'POST', path: '/v2/default/resume/b/blobs/uploads/' });
    const path = String(start.headers.location);
    const slow = request(`${world.publicUrl}`, {
      method: 'PATCH',
      path,
      headers: { authorization: `Bearer ${world.ownerToken}` },
    });
    const answered = once(slow, 'response') as Promise<[IncomingMessage]>;
    slow.write('abc');
    // What the server tells of the session says that the first writer holds it.
    await untilReceived(path, 3);
    const second = await raw({ method: 'PATCH', path, body: utf8('xyz') });
    assert.equal(second.status, 416, second.body);
    slow.end('def');
    const [response] = await answered;
    response.resume();
    assert.equal(response.statusCode, 202);
    const third = await raw({ method: 'PATCH', path, body: utf8('ghi') });
    assert.equal(third.status, 202, third.body);
    const bytes = utf8('abcdefghi');
    const closed = await raw({ method: 'PUT', path: `${path}?digest=${digestOf(bytes)}` });
    assert.equal(closed.status, 201, closed.body);
  });
});

describe('hostile paths', () => {
  it('are refused with a code, and name nothing outside', async () => {
    for (const path of [
      '/v2/default/../other/tags/list',
      '/v2/default/%2e%2e/other/tags/list',
      '/v2/default%2fx/tags/list',
      '/v2/default//x/tags/list',
      '/v2//default/x/tags/list',
      '/v2/DEFAULT/x/tags/list',
      '/v2/default/x%00/tags/list',
      `/v2/default/${'a'.repeat(300)}/tags/list`,
      '/v2/default/x/blobs/..%2f..%2f..%2fetc%2fpasswd',
      '/v2/default/x/blobs/../../../../etc/passwd',
      '/v2/default/x/blobs/uploads/..%2f..%2fstore',
      '/v2/default/x/manifests/%2e%2e',
      '/v2/default/x/manifests/..',
      '/v2/default/x/manifests/%E0%A4%A',
      '/v2/_catalog',
      '/v2/default/x/unknown/y',
    ]) {
      const response = await raw({ method: 'GET', path });
      assert.ok([400, 403, 404].includes(response.status), `${path}: ${response.status} ${response.body}`);
      const body = JSON.parse(response.body);
      assert.ok(body.errors?.[0]?.code ?? body.code, path);
    }
    assert.equal((await raw({ method: 'PATCH', path: '/v2/default/x/tags/list' })).status, 405);
  });
});
