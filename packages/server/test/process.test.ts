/** The program itself: a child process with its embedded PostgreSQL, restarted, killed, stopped and misused. */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { type Client, createClient } from '@waybill/api/client';
import { isCoded, Secret } from '@waybill/core';
import { parseBundle } from '@waybill/core/bundle';
import { toHex, utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import {
  type Checkpoint,
  consistencyProof,
  EMPTY_EDGE,
  edgeRoot,
  formatTilePath,
  growTree,
  hashLeaf,
  nodesFromTiles,
  noteKey,
  parseCheckpoint,
  parseEntryBundle,
  TILE_WIDTH,
  type TileName,
  tileWidthAt,
  verifyCheckpoint,
  verifyConsistency,
} from '@waybill/core/tlog';
import { parseTrustedRoot } from '@waybill/core/trust';
import { verifyStatementBundle } from '@waybill/core/verify';
import { startAttester, type TempDir, tempDir } from '@waybill/testkit';
import { type Ended, freePort, runToEnd, type ServerProcess, startProcess } from './server-process.ts';

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
let trustedRoot: string;
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

/** The log as any stranger reads it: every entry, the tree they make, its signed head. */
async function readLog(): Promise<{ readonly head: Checkpoint; readonly entries: readonly Uint8Array[] }> {
  const note = await open('/api/v2/checkpoint');
  const [log] = parseTrustedRoot(utf8(trustedRoot)).tlogs;
  assert.ok(log);
  const { origin } = parseCheckpoint(note).checkpoint;
  const keys = [noteKey(origin, log.publicKey, { keyId: log.checkpointKeyId ?? log.logId })];
  const head = verifyCheckpoint(note, { origin, keys });
  const entries: Uint8Array[] = [];
  for (let index = 0; index * TILE_WIDTH < head.size; index++) {
    const width = tileWidthAt(head.size, 0, index);
    entries.push(...parseEntryBundle(await readTile({ type: 'entries', index, width }), width));
  }
  assert.deepEqual(edgeRoot(growTree(EMPTY_EDGE, entries.map(hashLeaf)).edge), head.rootHash);
  return { head, entries };
}

async function readTile(tile: TileName): Promise<Uint8Array> {
  const response = await fetch(`${url}/api/v2/${formatTilePath(tile)}`);
  assert.equal(response.status, 200);
  return new Uint8Array(await response.arrayBuffer());
}

async function assertContinues(old: Checkpoint, head: Checkpoint): Promise<void> {
  const readNode = nodesFromTiles((at) => readTile({ type: 'hashes', ...at }), head.size);
  const sizes = { size1: old.size, size2: head.size };
  assert.equal(head.origin, old.origin);
  const proof = await consistencyProof(sizes, readNode);
  verifyConsistency({ ...sizes, root1: old.rootHash, root2: head.rootHash, proof });
}

/** The evidence verifies with the trusted root that was fetched before anything happened to the server. */
async function verifyOffline(receipt: Receipt, entries: readonly Uint8Array[]): Promise<void> {
  const trusted = parseTrustedRoot(utf8(trustedRoot));
  const documents = [
    [await owner.downloadBundle(receipt.runId), receipt.attestation, `${url}/oidc/default/p/build`],
    [await owner.downloadVerdict(receipt.runId), receipt.vsa, `${url}/verifier`],
  ] as const;
  for (const [text, position, subject] of documents) {
    assert.equal(digestOf(utf8(text)), position.bundleDigest);
    const bundle = parseBundle(text);
    const artifact = receipt.subjects[0]?.digest as `sha256:${string}`;
    const expectations = { type: 'identity' as const, issuer: `${url}/oidc`, subject };
    verifyStatementBundle(bundle, { trustedRoot: trusted, expectations, artifact });
    const [entry] = bundle.tlogEntries;
    assert.equal(entry?.logIndex, position.log.logIndex);
    assert.equal(toHex(entry.canonicalizedBody), toHex(entries[position.log.logIndex] ?? new Uint8Array()));
  }
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
    trustedRoot = await open('/waybill/v1/trust/trusted-root');
    const kept = async () => ({
      trustedRoot: await open('/waybill/v1/trust/trusted-root'),
      keys: await open('/oidc/jwks'),
      run: await owner.describeRun(runId),
      contract: await owner.describeContract('release'),
      verdict: await owner.downloadVerdict(runId),
      me: await owner.me(),
    });
    const was = await kept();
    const { head } = await readLog();
    firstCheckpoint = head;

    const stopped = await server.end('SIGTERM');
    assert.deepEqual([stopped.code, stopped.signal, stopped.stderr], [0, null, '']);
    server = await startProcess({ dataDir, port });

    assert.deepEqual(await kept(), was);
    assert.deepEqual(was.run.receipt, receipt);
    const { head: now, entries } = await readLog();
    await assertContinues(head, now);
    await verifyOffline(receipt, entries);
    const again = await owner.pushAttestation(runId, bundle);
    assert.deepEqual(again, receipt);
  });
});

describe('a burst of attestations', () => {
  const cases: readonly [name: string, end: (burst: Burst) => Promise<void>][] = [
    [
      'the server is killed as soon as some are acknowledged',
      async (burst) => {
        await burst.acknowledged(randomInt(1, BURST / 2));
        assert.equal((await server.end('SIGKILL')).signal, 'SIGKILL');
      },
    ],
    [
      'the server is killed at any moment',
      async () => {
        await new Promise((now) => setTimeout(now, randomInt(5, 1000)));
        assert.equal((await server.end('SIGKILL')).signal, 'SIGKILL');
      },
    ],
    [
      'the database is killed under the server',
      async (burst) => {
        await burst.acknowledged(1);
        process.kill(await postmaster(), 'SIGKILL');
        const { code, stderr } = await server.ended;
        assert.equal(code, 1);
        const said = stderr.split('\n').filter((line) => line.startsWith('waybill: '));
        assert.equal(said.length, 1, stderr);
        assert.match(said[0] ?? '', /the embedded PostgreSQL has ended \(.*SIGKILL\); the server stops/);
      },
    ],
    [
      'the server is told to stop',
      async (burst) => {
        await burst.acknowledged(1);
        const { code, stderr, ms } = await server.end('SIGTERM');
        assert.deepEqual([code, stderr], [0, '']);
        // It waits for what runs, not for connections on which nothing does.
        assert.ok(ms < PROMPT_MS, `${ms} ms`);
      },
    ],
  ];
  for (const [name, end] of cases) {
    it(`in which ${name}: what was acknowledged stands, what was not is taken when it is sent again`, async () => {
      const orders = await Promise.all(Array.from({ length: BURST }, (_, at) => prepare(`${name} ${at}`)));
      const { head: before } = await readLog();
      const burst = startBurst(orders);
      await end(burst);
      const answers = await burst.settled;
      server = await startProcess({ dataDir, port });

      const receipts = await Promise.all(
        orders.map(async ({ runId, bundle }, at) => {
          const acknowledged = answers[at];
          if (acknowledged) assert.deepEqual((await owner.describeRun(runId)).receipt, acknowledged);
          const retried = await owner.pushAttestation(runId, bundle);
          assert.equal(retried.result, 'PASSED');
          if (acknowledged) assert.deepEqual(retried, acknowledged);
          return retried;
        }),
      );
      const { head, entries } = await readLog();
      await assertContinues(before, head);
      await assertContinues(firstCheckpoint, head);
      for (const receipt of receipts) await verifyOffline(receipt, entries);
      // A retry finds the entry of the push that was cut off: nothing is logged twice.
      assert.equal(new Set(entries.map(toHex)).size, entries.length);
    });
  }

  /** What a push may be told while its server goes down: nothing, half an answer, or to try again. */
  const isCutOff = (error: unknown): boolean =>
    isCoded(error, 'client_unreachable') ||
    error instanceof TypeError ||
    (isCoded(error) && error.detail['status'] === 503);

  const postmaster = async (): Promise<number> =>
    Number((await readFile(join(dataDir, 'pg/cluster/postmaster.pid'), 'utf8')).split('\n')[0]);

  interface Burst {
    acknowledged(count: number): Promise<void>;
    /** Per order its receipt, or null where the connection ended without one. */
    readonly settled: Promise<readonly (Receipt | null)[]>;
  }

  function startBurst(orders: readonly { readonly runId: string; readonly bundle: string }[]): Burst {
    let count = 0;
    const waiting: { readonly count: number; readonly done: () => void }[] = [];
    const settled = Promise.all(
      orders.map(async ({ runId, bundle }) => {
        try {
          const receipt = await owner.pushAttestation(runId, bundle);
          count++;
          for (const wish of waiting) if (count >= wish.count) wish.done();
          return receipt;
        } catch (error) {
          if (isCutOff(error)) return null;
          throw error;
        }
      }),
    );
    return {
      settled,
      acknowledged: (wanted) => new Promise((done) => waiting.push({ count: wanted, done })),
    };
  }
});

describe('SIGTERM', () => {
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
