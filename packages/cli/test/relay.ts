import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The server, through a relay that knows what was asked, and can lose the answers to attestations or other questions. */
export async function losingAnswers(server: string) {
  const relay = {
    lose: true,
    loses: null as RegExp | null,
    asked: [] as string[],
    pushed: [] as string[],
    url: '',
  };
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bytesOf(request);
    relay.asked.push(`${request.method} ${request.url}`);
    const push = request.url?.endsWith('/attestation') ?? false;
    if (push) relay.pushed.push(body.toString());
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const answer = await fetch(new URL(request.url ?? '/', server), {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body.length > 0 ? { body } : {}),
    });
    const bytes = await answer.bytes();
    if ((push && relay.lose) || relay.loses?.test(request.url ?? '')) request.socket.destroy();
    else response.writeHead(answer.status, passedOn(answer.headers)).end(bytes);
  };
  const listening = createServer((request, response) => {
    pass(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  return closing(listening, relay);
}

function passedOn(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    ['content-type', 'location', 'docker-content-digest'].flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

async function bytesOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

/** A server that is asked and never answers. */
export async function silent() {
  let heard: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (heard = resolve));
  return closing(
    createServer(() => heard()),
    { asked, url: '' },
  );
}

async function closing<T extends { url: string }>(
  server: ReturnType<typeof createServer>,
  facts: T,
): Promise<T & AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  facts.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(facts, {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
