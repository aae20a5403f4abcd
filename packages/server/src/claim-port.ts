import { once } from 'node:events';
import { createServer } from 'node:net';
import { CodedError, messageOf } from '@waybill/core';

export interface ClaimedPort {
  readonly number: number;
  /** `host:port` of a URL. */
  readonly authority: string;
  /** Frees the port for the server that will listen on it. Does nothing the second time. */
  release(): Promise<void>;
}

/**
 * Takes the port before anything slow is started, so that a port in use is said at once, and so that a port left
 * to the system (0) is known before the public URL is fixed. Throws `listen_failed`.
 */
export async function claimPort(listen: {
  readonly host: string;
  readonly port: number;
}): Promise<ClaimedPort> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen({ host: listen.host, port: listen.port });
    await once(server, 'listening');
  } catch (cause) {
    throw new CodedError('listen_failed', sentence(listen, cause), { cause });
  }
  const address = server.address();
  const number = typeof address === 'object' && address !== null ? address.port : listen.port;
  return {
    number,
    authority: `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${number}`,
    async release() {
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

function sentence({ host, port }: { readonly host: string; readonly port: number }, cause: unknown): string {
  const code = (cause as { code?: unknown }).code;
  if (code === 'EADDRINUSE') {
    return `the port ${port} of ${host} is taken: stop the program that uses it, or choose another with --listen ${host}:PORT`;
  }
  if (code === 'EACCES')
    return `this user may not listen on port ${port}: choose one above 1023 with --listen`;
  return `cannot listen on ${host}:${port} (${messageOf(cause)}): choose an address of this machine with --listen`;
}
