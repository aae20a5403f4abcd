import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { requirePeer } from './peers.ts';

export interface CraneRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly host: string;
}

/** Somebody else's registry, in memory: unmodified `crane registry serve`, which has no referrers API. */
export async function craneRegistry(): Promise<CraneRegistry> {
  const crane = requirePeer('crane');
  if (crane.path === null) throw new Error(crane.skip);
  const child = spawn(crane.path, ['registry', 'serve', '--address', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    child.stderr.destroy();
  };
  for await (const line of createInterface({ input: child.stderr })) {
    const port = /serving on port (\d+)/.exec(line)?.[1];
    // What it says of each request is not read: it must not wait for that.
    if (port !== undefined) {
      child.stderr.resume();
      return { host: `127.0.0.1:${port}`, [Symbol.asyncDispose]: stop };
    }
  }
  await stop();
  throw new Error('crane registry ended before it served');
}
