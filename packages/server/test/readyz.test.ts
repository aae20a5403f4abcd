/** What /readyz says when something is missing, and that it is all well again afterwards. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type TempDir, type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import { dependenciesOf } from '../src/dependencies.ts';
import {
  createLog,
  openFileSystem,
  parseConfig,
  type Readiness,
  watchDependencies,
} from '../src/ground/index.ts';
import { type RunningServer, startServer } from '../src/main.ts';

const MASTER_KEY = randomBytes(32).toString('base64');
const METRICS_TOKEN = 'a-token-for-prometheus';
const DEADLINE_MS = 30_000;

interface Answer {
  readonly status: number;
  readonly ready: boolean;
  readonly states: Readonly<Record<string, string>>;
  readonly dependencies: readonly Readiness[];
}

async function ask({ app }: RunningServer): Promise<Answer> {
  const answer = await app.inject('/readyz');
  const { ready, dependencies } = answer.json() as { ready: boolean; dependencies: Readiness[] };
  const states = Object.fromEntries(dependencies.map(({ name, state }) => [name, state]));
  return { status: answer.statusCode, ready, states, dependencies };
}

/** Asks until the answer is as it must become. */
async function eventually(server: RunningServer, wanted: (answer: Answer) => boolean): Promise<Answer> {
  const deadline = performance.now() + DEADLINE_MS;
  for (let answer = await ask(server); ; answer = await ask(server)) {
    if (wanted(answer)) return answer;
    assert.ok(performance.now() < deadline, JSON.stringify(answer));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A network between the server and its database, which can be cut. */
class Network {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #isCut = false;

  constructor(path: string) {
    this.#server = createServer((socket) => {
      if (this.#isCut) return void socket.destroy();
      const other = connect(path);
      for (const end of [socket, other]) {
        this.#sockets.add(end);
        end.on('error', () => undefined).on('close', () => this.#sockets.delete(end));
      }
      socket.pipe(other).pipe(socket);
    });
  }

  async listen(): Promise<number> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

describe('/readyz', () => {
  let database: TestDatabase;
  let directory: TempDir;
  let network: Network;
  let port: number;
  const servers: RunningServer[] = [];

  before(async () => {
    [database, directory] = await Promise.all([testDatabase(), tempDir('waybill-ready-')]);
    const { host = '', port: socket } = database.connection;
    network = new Network(join(host, `.s.PGSQL.${socket}`));
    port = await network.listen();
  });
  after(async () => {
    for (const server of servers) await server.close();
    network.close();
    await database.close();
    await directory.remove();
  });

  async function start(name: string): Promise<RunningServer> {
    const { user, database: db } = database.connection;
    const args = ['--listen', '127.0.0.1:0', '--url', 'http://waybill.example'];
    const config = parseConfig([...args, '--data', join(directory.path, name)], {
      WAYBILL_DATABASE_URL: `postgres://${user}@127.0.0.1:${port}/${db}`,
      WAYBILL_MASTER_KEY: MASTER_KEY,
      WAYBILL_BLOBS: join(directory.path, 'blobs'),
      WAYBILL_METRICS_TOKEN: METRICS_TOKEN,
      WAYBILL_LOG_LEVEL: 'silent',
    });
    const server = await startServer(config);
    servers.push(server);
    return server;
  }

  it('tells of a replica that another one writes the logs, and when it has taken over', async () => {
    const first = await start('first');
    const second = await start('second');
    const all = { database: 'up', blobs: 'up' };
    assert.deepEqual((await ask(first)).states, {
      ...all,
      'transparency log': 'up',
      'certificate log': 'up',
    });
    const behind = await ask(second);
    assert.deepEqual(behind.states, { ...all, 'transparency log': 'standby', 'certificate log': 'standby' });
    // Were it not ready, no rolling update could ever end.
    assert.deepEqual([behind.status, behind.ready], [200, true]);
    await first.close();
    servers.splice(servers.indexOf(first), 1);
    await eventually(
      second,
      ({ states }) => states['transparency log'] === 'up' && states['certificate log'] === 'up',
    );
    await second.close();
    servers.splice(servers.indexOf(second), 1);
  });

  it('tells that the database is away, what that takes with it, and that it is back', async () => {
    const server = await start('third');
    assert.equal((await ask(server)).ready, true);
    network.cut();
    const down = await eventually(server, ({ states }) =>
      ['database', 'transparency log', 'certificate log'].every((name) => states[name] === 'down'),
    );
    assert.deepEqual([down.status, down.ready, down.states['blobs']], [503, false, 'up']);
    for (const { detail, message, name } of down.dependencies.filter(({ state }) => state === 'down')) {
      assert.equal(detail, 'database_unavailable', name);
      assert.match(message ?? '', /the database does not answer .*: try again shortly/);
      assert.doesNotMatch(message ?? '', /127\.0\.0\.1|postgres:|PGSQL/);
    }
    const { payload } = await server.app.inject({
      url: '/metrics',
      headers: { authorization: `Bearer ${METRICS_TOKEN}` },
    });
    assert.match(payload, /^waybill_dependency_up\{dependency="database"\} 0$/m);
    assert.match(payload, /^waybill_dependency_up\{dependency="blobs"\} 1$/m);
    network.mend();
    await eventually(server, ({ ready }) => ready);
  });
});

describe('watchDependencies', () => {
  const up = async (): Promise<'up'> => 'up';

  it('tells that the disk is full', async () => {
    const directory = await tempDir('waybill-full-');
    const { realDisk } = await import('../src/ground/drivers/disk.ts');
    const disk = {
      ...realDisk,
      write: async () => {
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      },
    };
    const blobs = await openFileSystem({ root: directory.path, disk });
    const head = { size: 0, rootHash: new Uint8Array(32), checkpoint: '' };
    const tlog = { role: async () => 'writer' as const, published: () => ({ head: async () => head }) };
    const ready = watchDependencies(
      dependenciesOf({ db: { ping: async () => undefined }, blobs, tlog }),
      createLog('silent'),
    );
    const [, found] = await ready();
    assert.deepEqual(found, {
      name: 'blobs',
      state: 'down',
      detail: 'blob_disk_full',
      message: 'the store: the disk of the server is full: its operator must make room',
    });
    await directory.remove();
  });

  it('asks once, however many want to know', async () => {
    let asked = 0;
    const gate = Promise.withResolvers<void>();
    const check = async (): Promise<'up'> => {
      asked++;
      await gate.promise;
      return 'up';
    };
    const ready = watchDependencies([{ name: 'a', check }], createLog('silent'));
    const answers = Array.from({ length: 100 }, () => ready());
    gate.resolve();
    for (const answer of await Promise.all(answers)) assert.deepEqual(answer, [{ name: 'a', state: 'up' }]);
    await ready();
    assert.equal(asked, 1);
  });

  it('says nothing of an unexpected error but that there is one, and writes it down once', async () => {
    const lines: string[] = [];
    const log = createLog('info', { destination: { write: (line) => void lines.push(line) } });
    const broken = async (): Promise<'up'> => {
      throw new Error('/var/lib/waybill is gone');
    };
    const ready = watchDependencies(
      [
        { name: 'a', check: broken },
        { name: 'b', check: up },
      ],
      log,
    );
    const [a, b] = await ready();
    assert.deepEqual(a, {
      name: 'a',
      state: 'down',
      detail: 'internal',
      message: 'the log of the server says what is wrong',
    });
    assert.deepEqual(b, { name: 'b', state: 'up' });
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /is gone.*"dependency":"a"/);
  });
});
