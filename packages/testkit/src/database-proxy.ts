import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type pg from 'pg';
import { type TempDir, tempDir } from './temp-dir.ts';

/** Stands on the socket between a server and its PostgreSQL, and breaks the connection to order. */
export interface DatabaseProxy {
  /** URL of the same database through this proxy. */
  inFrontOf(connection: pg.PoolConfig): string;
  /**
   * Cuts the connection at the n-th exchange from now on (a Query, or what a Sync ends): before it arrives, or after
   * it has been carried out, so that only its answer is lost. 0 takes the order back.
   */
  cut(nth: number, when: 'before' | 'after'): void;
  /** The order was carried out. */
  readonly hit: boolean;
  /** Every connection breaks, and none is taken: the database is gone. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

interface Order {
  countdown: number;
  readonly when: 'before' | 'after';
  hit: boolean;
}

const PORT = 5432;

export async function databaseProxy(): Promise<DatabaseProxy> {
  const directory = await tempDir('waybill-proxy-');
  let target = '';
  let order: Order = { countdown: 0, when: 'before', hit: false };
  const links = new Set<Link>();
  const server = createServer((client) => {
    const link = new Link(client, connect(target), () => order);
    links.add(link);
    client.once('close', () => links.delete(link));
  });
  const path = join(directory.path, `.s.PGSQL.${PORT}`);
  await listen(server, path);
  const leave = async (): Promise<void> => {
    for (const link of links) link.break();
    if (server.listening) await new Promise((done) => server.close(done));
  };
  return {
    inFrontOf({ host, port, user, database }) {
      target = join(host ?? '', `.s.PGSQL.${port ?? PORT}`);
      return `postgres://${user}@localhost/${database}?host=${encodeURIComponent(directory.path)}&port=${PORT}`;
    },
    cut(nth, when) {
      order = { countdown: nth, when, hit: false };
    },
    get hit() {
      return order.hit;
    },
    leave,
    comeBack: () => listen(server, path),
    close: () => closeAll(leave, directory),
  };
}

async function listen(server: Server, path: string): Promise<void> {
  await once(server.listen(path), 'listening');
}

async function closeAll(leave: () => Promise<void>, directory: TempDir): Promise<void> {
  await leave();
  await directory.remove();
}

/** One connection. PostgreSQL protocol "Message Formats": a type byte (none in the first message), a length, a body. */
class Link {
  readonly #client: Socket;
  readonly #database: Socket;
  readonly #order: () => Order;
  /** Exchanges sent and answered; the answer to the start of the session is the 0th. */
  #sent = 0;
  #answered = -1;
  /** The exchange whose answer is to be lost. */
  #lost: number | null = null;

  constructor(client: Socket, database: Socket, order: () => Order) {
    this.#client = client;
    this.#database = database;
    this.#order = order;
    let started = false;
    const requests = new Messages(() => (started ? 1 : 0));
    const answers = new Messages(() => 1);
    client.on('data', (bytes) => {
      for (const message of requests.take(bytes)) {
        const type = started ? String.fromCharCode(message[0] ?? 0) : 'startup';
        started = true;
        this.#request(type, message);
      }
    });
    database.on('data', (bytes) => {
      for (const message of answers.take(bytes)) this.#answer(message);
    });
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }

  break(): void {
    this.#client.destroy();
    this.#database.destroy();
  }

  #request(type: string, message: Uint8Array): void {
    if (this.#client.destroyed) return;
    if (type === 'Q' || type === 'S') {
      this.#sent++;
      const order = this.#order();
      if (order.countdown > 0 && --order.countdown === 0) {
        order.hit = true;
        if (order.when === 'before') return this.break();
        this.#lost = this.#sent;
      }
    }
    this.#database.write(message);
  }

  #answer(message: Uint8Array): void {
    if (this.#client.destroyed) return;
    const isLost = this.#lost !== null && this.#answered + 1 === this.#lost;
    // ReadyForQuery
    if (message[0] === 0x5a) {
      this.#answered++;
      if (isLost) return this.break();
    }
    if (!isLost) this.#client.write(message);
  }
}

/** Cuts a stream into messages. */
class Messages {
  readonly #typeBytes: () => number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(typeBytes: () => number) {
    this.#typeBytes = typeBytes;
  }

  *take(bytes: Buffer): Generator<Uint8Array> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const at = this.#typeBytes();
      if (this.#rest.length < at + 4) return;
      const length = at + this.#rest.readUInt32BE(at);
      if (this.#rest.length < length) return;
      const message = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield message;
    }
  }
}
