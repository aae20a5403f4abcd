/** HTTP/1.1 over kept sockets, one request at a time on each: as cheap for the client as can be, on two shared cores. */
import { connect, type Socket } from 'node:net';

export interface WireRun {
  readonly port: number;
  /** Requests under way at any time, each on a socket of its own. */
  readonly clients: number;
  readonly durationMs: number;
  /** The next request, whole. The run ends early when there is none left. */
  readonly next: () => Buffer | undefined;
  /** Anything else ends the run with its text. */
  readonly statuses: readonly number[];
}

export interface WireResult {
  /** Of answers, in ms, in the order in which they came. */
  readonly latencies: readonly number[];
  readonly elapsedMs: number;
}

export function httpGet(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
}

export function httpPost(
  path: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): Buffer {
  const bytes = Buffer.from(body);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}content-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

export async function wireRun(run: WireRun): Promise<WireResult> {
  const latencies: number[] = [];
  const started = performance.now();
  const isOver = (): boolean => performance.now() - started >= run.durationMs;
  const client = async (): Promise<void> => {
    const socket = connect({ port: run.port, host: '127.0.0.1', noDelay: true });
    try {
      while (!isOver()) {
        const request = run.next();
        if (request === undefined) return;
        const sentAt = performance.now();
        await exchange(socket, request, run.statuses);
        latencies.push(performance.now() - sentAt);
      }
    } finally {
      socket.destroy();
    }
  };
  await Promise.all(Array.from({ length: run.clients }, client));
  return { latencies, elapsedMs: performance.now() - started };
}

function exchange(socket: Socket, request: Buffer, statuses: readonly number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let answer: Buffer = Buffer.alloc(0);
    const end = (error?: Error): void => {
      socket.off('data', read).off('error', end).off('close', closed);
      if (error) reject(error);
      else resolve();
    };
    const read = (piece: Buffer): void => {
      answer = answer.length === 0 ? piece : Buffer.concat([answer, piece]);
      const whole = wholeAnswer(answer);
      if (whole === undefined) return;
      end(
        statuses.includes(whole)
          ? undefined
          : new Error(`answered ${answer.toString('latin1').slice(0, 2000)}`),
      );
    };
    const closed = (): void => end(new Error('the connection was closed'));
    socket.on('data', read).on('error', end).on('close', closed);
    socket.write(request);
  });
}

/** Status of an answer that has come whole; with a length or in chunks. */
function wholeAnswer(answer: Buffer): number | undefined {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = answer.toString('latin1', 0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  const isWhole =
    length === undefined
      ? answer.subarray(-5).equals(Buffer.from('0\r\n\r\n'))
      : answer.length >= headEnd + 4 + Number(length);
  return isWhole ? Number(head.slice(9, 12)) : undefined;
}
