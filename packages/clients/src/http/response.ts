import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';
import type { FetchBody, FetchResponse } from '@waybill/core';

/** The answer as `fetch` gives it: its body is read once, by one of the readers or as a stream. */
export async function responseOf(message: IncomingMessage, method: string): Promise<FetchResponse> {
  const status = message.statusCode ?? 0;
  const bodyless = method === 'HEAD' || status === 204 || status === 304;
  if (bodyless) await readToEnd(message);
  const body = bodyless ? null : bodyOf(message);
  const bytes = async (): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of body ?? []) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  const text = async (): Promise<string> => new TextDecoder().decode(await bytes());
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: { get: (name) => headerOf(message, name) },
    body,
    bytes,
    text,
    json: async () => JSON.parse(await text()) as unknown,
  };
}

async function readToEnd(message: IncomingMessage): Promise<void> {
  message.resume();
  await finished(message);
  await freed();
}

/** node:http hands a connection back some ticks after the end of the answer: the next request shall find it. */
function freed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function headerOf(message: IncomingMessage, name: string): string | null {
  const value = message.headers[name.toLowerCase()];
  return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
}

function bodyOf(message: IncomingMessage): FetchBody {
  return {
    async *[Symbol.asyncIterator]() {
      yield* message as AsyncIterable<Uint8Array>;
      await freed();
    },
    cancel: async () => {
      if (message.headers['content-length'] === '0') await readToEnd(message);
      else message.destroy();
    },
  };
}
