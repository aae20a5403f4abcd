/** The program itself: a child process with its embedded PostgreSQL, restarted, stopped and misused (killed: tools/torture). */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Client, createClient } from '@waybill/api/client';
import { isCoded, Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import type { Checkpoint } from '@waybill/core/tlog';
import {
  type Ended,
  freePort,
  runToEnd,
  type ServerProcess,
  type Stranger,
  startAttester,
  startProcess,
  stranger,
  type TempDir,
  tempDir,
} from '@waybill/testkit';

const BURST = 12;
const BEGINNING = 'the beginning';

const STOP_LIMIT_MS = 10_000;
const PROMPT_MS = 4500;
const AT = { project: 'p', workflow: 'build' };

let directory: TempDir;
let dataDir: string;
let port: number;
let url: string;
let server: ServerProcess;
let ownerToken: Secret<string>;
let owner: Client;
let anybody: Stranger;
let firstCheckpoint: Checkpoint;

before(async () => {
  directory = await tempDir('waybill-process-');
  dataDir = join(directory.path, 'data');
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = await startProcess({ dataDir, port });
});
after(async () => {
  await server.end('SIGKILL');
  await directory.remove();
});

const open = async (path: string): Promise<string> => {
  const response = await fetch(`${url}${path}`);
  assert.equal(response.status, 200, `${path}: ${response.status}`);
  return response.text();
};

/** A run with a material of its own, and its signed bundle, not yet sent. */
async function prepare(text: string): Promise<{ readonly runId: string; readonly bundle: string }> {
  const attester = await startAttester({ client: owner, token: ownerToken, ...AT });
  const materials = [await attester.record('program', 'ARTIFACT', utf8(text), true)];
  return { runId: attester.run.id, bundle: await attester.sign(attester.predicate(materials)) };
}

describe('the first start', () => {
  it('ends in a server that is alive and ready, each dependency up', async () => {
    assert.equal(server.url, url);
    assert.equal((JSON.parse(await open('/healthz')) as { status: string }).status, 'ok');
    const readiness = JSON.parse(await open('/readyz')) as {
      ready: boolean;
      dependencies: { name: string; state: string }[];
    };
    assert.equal(readiness.ready, true);
    assert.deepEqual(
      readiness.dependencies.map(({ name, state }) => `${name}: ${state}`),
      ['database: up', 'blobs: up', 'transparency log: up', 'certificate log: up'],
    );
  });

  it('leaves the token of the owner in a file that only the owner of the data may read', async () => {
    const file = join(dataDir, 'owner-token');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    ownerToken = new Secret((await readFile(file, 'utf8')).trim());
    owner = createClient({ url, token: ownerToken });
    const me = await owner.me();
    assert.deepEqual([me.organization, me.role], ['default', 'owner']);
  });
});

describe('a restart', () => {
  it('keeps runs, tokens, signing keys and the log', async () => {
    const document =
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n' +
      '    - { type: ARTIFACT, name: program, output: true }\n';
    await owner.applyContract({ document });
    await owner.createWorkflow({ project: AT.project, name: AT.workflow, contract: 'release' });
    const { runId, bundle } = await prepare('before the restart');
    const receipt = await owner.pushAttestation(runId, bundle);
    assert.equal(receipt.result, 'PASSED');
    anybody = stranger(url, await open('/waybill/v1/trust/trusted-root'));
    const kept = async () => ({
      trustedRoot: await open('/waybill/v1/trust/trusted-root'),
      keys: await open('/oidc/jwks'),
      run: await owner.describeRun(runId),
      contract: await owner.describeContract('release'),
      verdict: await owner.downloadVerdict(runId),
      me: await owner.me(),
    });
    const was = await kept();
    const { head } = await anybody.readLog();
    firstCheckpoint = head;

    const stopped = await server.end('SIGTERM');
    assert.deepEqual([stopped.code, stopped.signal, stopped.stderr], [0, null, '']);
    server = await startProcess({ dataDir, port });

    assert.deepEqual(await kept(), was);
    assert.deepEqual(was.run.receipt, receipt);
    const { head: now, entries } = await anybody.readLog();
    await anybody.assertContinues(head, now);
    await anybody.verifyEvidence(receipt, { client: owner, signer: `${url}/oidc/default/p/build`, entries });
    const again = await owner.pushAttestation(runId, bundle);
    assert.deepEqual(again, receipt);
  });
});

describe('SIGTERM', () => {
  it('lets pushes end, and what was not answered is taken when it is sent again', async () => {
    const orders = await Promise.all(Array.from({ length: BURST }, (_, at) => prepare(`burst ${at}`)));
    const { head: before } = await anybody.readLog();
    const pushes = orders.map(({ runId, bundle }) => owner.pushAttestation(runId, bundle));
    const settled = Promise.allSettled(pushes);
    await Promise.race(pushes);
    const { code, stderr, ms } = await server.end('SIGTERM');
    assert.deepEqual([code, stderr], [0, '']);
    // It waits for what runs, not for connections on which nothing does.
    assert.ok(ms < PROMPT_MS, `${ms} ms`);
    const answers = await settled;
    server = await startProcess({ dataDir, port });

    const { entries: afterwards } = await anybody.readLog();
    for (const [at, answer] of answers.entries()) {
      const { runId, bundle } = orders[at] as (typeof orders)[number];
      if (answer.status === 'rejected') assert.ok(isCutOff(answer.reason), String(answer.reason));
      const retried = await owner.pushAttestation(runId, bundle);
      assert.equal(retried.result, 'PASSED');
      if (answer.status === 'fulfilled') assert.deepEqual(retried, answer.value);
    }
    const { head, entries } = await anybody.readLog();
    assert.deepEqual(entries.slice(0, afterwards.length), afterwards);
    await anybody.assertContinues(before, head);
    await anybody.assertContinues(firstCheckpoint, head);
  });

  /** What a push may be told while its server goes down: nothing, half an answer, or to try again. */
  const isCutOff = (error: unknown): boolean =>
    isCoded(error, 'client_unreachable') ||
    error instanceof TypeError ||
    (isCoded(error) && error.detail['status'] === 503);

  it('ends the server in time and cleanly, also with an open upload and an idle connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const idle = await answerOf(request(`${url}/healthz`, { agent }).end());
    idle.resume();
    await once(idle, 'end');
    const authorization = `Bearer ${ownerToken.reveal()}`;
    const uploads = `${url}/v2/default/p/build/blobs/uploads/`;
    const started = await fetch(uploads, { method: 'POST', headers: { authorization } });
    assert.equal(started.status, 202);
    const session = new URL(started.headers.get('location') ?? '', url);
    const upload = request(session, { method: 'PATCH', headers: { authorization } });
    const cut = new Promise((report) => upload.once('error', report));
    await new Promise((sent) => upload.write(BEGINNING, sent));
    await untilReceived(session, authorization);

    const { code, signal, stderr, ms } = await server.end('SIGTERM');
    assert.deepEqual([code, signal, stderr], [0, null, '']);
    assert.ok(ms < STOP_LIMIT_MS, `${ms} ms`);
    assert.equal(((await cut) as NodeJS.ErrnoException).code, 'ECONNRESET');
    agent.destroy();
    server = await startProcess({ dataDir, port });
  });

  /** Resolves once the server has the first bytes on its disk, and waits for more. */
  async function untilReceived(session: URL, authorization: string): Promise<void> {
    for (let range: string | null = null; range !== `0-${BEGINNING.length - 1}`; ) {
      range = (await fetch(session, { headers: { authorization } })).headers.get('range');
    }
  }

  const answerOf = async (sent: ReturnType<typeof request>): Promise<IncomingMessage> => {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response;
  };
});

describe('a start that cannot be', () => {
  /** One sentence with its code, for a person: no stack, no second line. */
  function assertSentence(ended: Ended, expected: { readonly code: number; readonly says: RegExp }): void {
    assert.equal(ended.signal, null);
    assert.match(ended.stderr, /^waybill: [^\n]+ \[[a-z_]+\]\n$/);
    assert.match(ended.stderr, expected.says);
    assert.doesNotMatch(ended.stderr, /\.[tj]s:\d+|node:/);
    assert.equal(ended.stdout, '');
    assert.equal(ended.code, expected.code, ended.stderr);
  }
  const elsewhere = (name: string): string => join(directory.path, name);

  it('names the port that is taken', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const taken = (other.address() as AddressInfo).port;
    const ended = await runToEnd('--data', elsewhere('port'), '--listen', `127.0.0.1:${taken}`);
    other.close();
    assertSentence(ended, {
      code: 1,
      says: new RegExp(`the port ${taken} of 127\\.0\\.0\\.1 is taken: .*--listen`),
    });
    await assert.rejects(stat(elsewhere('port')), 'nothing is made before the port is had');
  });

  it('says it as a log line to whoever asked for lines', async () => {
    const format = ['--log-format', 'ecs'];
    const ended = await runToEnd('--data', dataDir, '--listen', '127.0.0.1:0', ...format);
    const [line, ...rest] = ended.stderr.trimEnd().split('\n');
    assert.deepEqual([ended.code, rest.length], [1, 0]);
    const record = JSON.parse(line ?? '') as Record<string, unknown>;
    assert.equal(record['log.level'], 'fatal');
    assert.equal(record['error.code'], 'data_dir_in_use');
    assert.match(record['message'] as string, /in use by the server at/);
  });

  it('names the server that holds the data, and leaves that one alone', async () => {
    const ended = await runToEnd('--data', dataDir, '--listen', '127.0.0.1:0');
    const says = new RegExp(`in use by the server at ${url} \\(process ${server.pid}, since .*--data`);
    assertSentence(ended, { code: 1, says });
    assert.equal((JSON.parse(await open('/readyz')) as { ready: boolean }).ready, true);
  });

  it('names a data directory that cannot be written to', async () => {
    const file = elsewhere('file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'below'), await unwritable()]) {
      const ended = await runToEnd('--data', path, '--listen', '127.0.0.1:0');
      assertSentence(ended, {
        code: 1,
        says: /cannot write to the data directory \/\S+ \(E[A-Z]+\): .*--data/,
      });
    }
  });

  /** For root, whom no mode stops, a place where nobody can make files. */
  async function unwritable(): Promise<string> {
    if (process.geteuid?.() === 0) return '/proc/waybill';
    await mkdir(elsewhere('closed'), { mode: 0o500 });
    return elsewhere('closed');
  }

  const notRoot = process.geteuid?.() === 0 ? false : 'only root starts PostgreSQL as another user';
  it('as root names the directory that PostgreSQL may not pass', { skip: notRoot }, async () => {
    await mkdir(elsewhere('private'));
    await chmod(elsewhere('private'), 0o700);
    const ended = await runToEnd('--data', join(elsewhere('private'), 'data'), '--listen', '127.0.0.1:0');
    const says = new RegExp(
      `may not pass through ${elsewhere('private')}, .*\`chmod o\\+x ${elsewhere('private')}\``,
    );
    assertSentence(ended, { code: 1, says });
  });

  const misused: readonly [args: readonly string[], says: RegExp][] = [
    [['--listne', '127.0.0.1:0'], /unknown option --listne: did you mean --listen\?/],
    [['serve'], /"serve": the server takes options only/],
    [['--data'], /--data: needs a value/],
    [['--listen', 'nowhere'], /--listen: /],
    [['--log-level', 'infos'], /did you mean info\?/],
    [['--url', 'ftp://x'], /--url: /],
  ];
  it('tells how an option is misused, with exit code 2', async () => {
    await Promise.all(
      misused.map(async ([args, says]) => assertSentence(await runToEnd(...args), { code: 2, says })),
    );
  });
});
