import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { headersTimeout } from '../http/connections.ts';
import { GROUND_PROBLEMS } from '../problems/problems.ts';
import type { TlsPair } from './certificate.ts';

/** TLS record type `handshake` (RFC 8446 §5.1): no line of HTTP begins with it. */
const HANDSHAKE = 22;
/** For the first byte, and again for the handshake: a client that says nothing holds a socket no longer. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface TlsServer {
  readonly server: Server;
  /** Drops connections that have not finished their handshake: close() would wait for them. */
  dropUnfinished(): void;
}

/**
 * An HTTPS server that tells plain HTTP what is wrong. `publicUrl` is where it sends people.
 * It MUST NOT redirect: a token that came in clear text is known to the network by then, and that has to be noticed.
 */
export function createTlsServer(
  handler: RequestListener,
  options: { readonly pair: TlsPair; readonly publicUrl: string; readonly headersTimeoutMs: number },
): TlsServer {
  const { pair, publicUrl, headersTimeoutMs } = options;
  const server = createServer(
    { ...pair.context, ...headersTimeout(headersTimeoutMs), handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
    handler,
  );
  const unfinished = new Map<string, Socket>();
  const startTls = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const key = peerOf(socket);
    unfinished.set(key, socket);
    socket.once('close', () => unfinished.delete(key));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(HANDSHAKE_TIMEOUT_MS, () => socket.destroy());
    socket.once('data', (bytes) => {
      socket.setTimeout(0).removeAllListeners('timeout').pause();
      if (bytes[0] !== HANDSHAKE) return answerPlainHttp(socket, publicUrl);
      socket.unshift(bytes);
      for (const start of startTls) start.call(server, socket);
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => void unfinished.delete(peerOf(socket)));
  return {
    server,
    dropUnfinished() {
      for (const socket of unfinished.values()) socket.destroy();
    },
  };
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function answerPlainHttp(socket: Socket, publicUrl: string): void {
  const code = 'tls_required';
  const body = JSON.stringify({
    type: `https://waybill.dev/problems/${code}`,
    ...GROUND_PROBLEMS[code],
    detail: `this port speaks TLS only: use ${publicUrl}. Whatever token was sent has crossed the network in clear text: revoke it`,
    code,
  });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
