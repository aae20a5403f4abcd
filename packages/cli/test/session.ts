import { createFetch } from '@waybill/clients/http';
import { createInterrupt } from '../src/interrupt.ts';
import { createOutput } from '../src/output.ts';
import type { Session } from '../src/session.ts';
import { cleanEnv, workspace } from './program.ts';

/** A session in a directory of its own, which goes with it. */
export async function testSession(): Promise<Session & AsyncDisposable> {
  const at = await workspace();
  const env = cleanEnv(at.dir);
  const interrupt = createInterrupt(process);
  const { stdin, stdout, stderr } = process;
  return {
    env,
    cwd: at.dir,
    globals: {},
    output: createOutput({ format: 'json', env, stdout, stderr }),
    stdin,
    terminal: null,
    fetch: createFetch(),
    interrupted: interrupt.signal,
    onInterrupt: interrupt.onInterrupt,
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}
