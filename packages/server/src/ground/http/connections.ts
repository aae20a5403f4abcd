import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { App } from './http.ts';
import { endWithProblem } from './problems.ts';

/** Options of node:http for a client that sends its headers slowly, or none at all. */
export function headersTimeout(timeoutMs: number): ServerOptions {
  // It looks at its connections from time to time only.
  return { headersTimeout: timeoutMs, connectionsCheckingInterval: timeoutMs / 6 };
}

interface Connection {
  readonly socket: Socket;
  requests: number;
}

/**
 * At most so many connections are open at once. A new one takes the place of the one on which nothing has been asked
 * for longest, and is dropped itself only when requests run on all others: whoever opens thousands and says nothing
 * pushes out their own.
 */
export function boundConnections(app: App, max: number): void {
  const open = new Map<string, Connection>();
  /** Those on which no request runs, the one that has waited longest first. */
  const idle = new Map<string, Connection>();
  app.server.on('connection', (socket: Socket) => {
    const key = peerOf(socket);
    const connection: Connection = { socket, requests: 0 };
    open.set(key, connection);
    idle.set(key, connection);
    socket.once('close', () => {
      open.delete(key);
      idle.delete(key);
    });
    if (open.size > max) idle.values().next().value?.socket.destroy();
  });
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // With TLS the request's socket is another object over the same connection.
    const key = peerOf(request.socket);
    const connection = open.get(key);
    if (connection === undefined) return;
    connection.requests++;
    idle.delete(key);
    response.once('close', () => {
      if (--connection.requests === 0 && open.has(key)) idle.set(key, connection);
    });
  });
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

/** Slower than any line of ours: 1 KiB a second. */
const MIN_BYTES_PER_MS = 1024 / 1000;

/**
 * A body has to move: what brings less than 1 KiB a second over a whole window is ended with 408. Until then an upload
 * may take as long as it needs; time in which we ourselves do not read is not counted.
 */
export function endSlowBodies(app: App, windowMs: number): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { raw } = request;
    const { socket } = raw;
    if (Number(raw.headers['content-length'] ?? 0) === 0 && raw.headers['transfer-encoding'] === undefined)
      return done();
    let bytesSeen = socket.bytesRead;
    const timer = setInterval(() => {
      const bytes = socket.bytesRead - bytesSeen;
      bytesSeen = socket.bytesRead;
      const waitsForUs = raw.readableLength > 0;
      if (raw.complete || waitsForUs || bytes >= windowMs * MIN_BYTES_PER_MS) return;
      request.log.info({ bytes, windowMs }, 'a body came too slowly');
      clearInterval(timer);
      endWithProblem(socket, 'request_timeout');
    }, windowMs);
    timer.unref();
    raw.once('close', () => clearInterval(timer));
    return done();
  });
}
