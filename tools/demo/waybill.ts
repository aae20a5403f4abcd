import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Outcome, run } from './program.ts';

/** The command line as a user runs it, with a configuration of its own. A text is split at its spaces. */
export interface Waybill {
  (
    command: string | readonly string[],
    options?: { readonly expect?: readonly number[]; readonly token?: string },
  ): Promise<Outcome>;
}

export function waybillFor(options: {
  /** The program: the bundled file, or the one of the sources. */
  readonly program: string;
  readonly url: string;
  readonly cwd: string;
}): Waybill {
  const env = {
    WAYBILL_URL: options.url,
    XDG_CONFIG_HOME: join(options.cwd, 'config'),
    WAYBILL_DEMO: 'yes',
  };
  return (command, { expect, token } = {}) => {
    const args = typeof command === 'string' ? command.split(' ') : command;
    return run(process.execPath, [options.program, ...args], {
      cwd: options.cwd,
      env: { ...env, ...(token === undefined ? {} : { WAYBILL_TOKEN: token }) },
      ...(expect === undefined ? {} : { expect }),
    });
  };
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/** Starts `waybill serve` and resolves when it says that it is ready; its log goes to `logFile`. */
export async function serve(options: {
  readonly program: string;
  readonly port: number;
  readonly dataDir: string;
}): Promise<ChildProcess> {
  const { program, port, dataDir } = options;
  const child = spawn(
    process.execPath,
    [program, 'serve', '--listen', `127.0.0.1:${port}`, '--data', dataDir, '--log-level', 'warn'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  let said = '';
  child.stdout.setEncoding('utf8');
  for await (const chunk of child.stdout) {
    said += chunk as string;
    if (said.includes('ready')) return child;
  }
  throw new Error(`the server did not start:\n${errors}`);
}
