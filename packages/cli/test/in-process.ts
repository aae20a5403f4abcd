import { Readable, Writable } from 'node:stream';
import { formatYaml } from '@waybill/core/yaml';
import { EXIT, exitCodeOf } from '../src/exit.ts';
import { findCommand } from '../src/find-command.ts';
import { createOutput } from '../src/output.ts';
import { type GlobalValues, parseCall } from '../src/parse.ts';
import { reportError } from '../src/report-error.ts';
import type { Session } from '../src/session.ts';
import { cleanEnv, type Ended, type RunOptions } from './program.ts';

/** A command that needs nothing of a process, run within this one: it costs no start. */
export async function inProcess(words: readonly string[], options: RunOptions): Promise<Ended> {
  const [stdout, stderr] = [gathering(), gathering()];
  const env = cleanEnv(options.cwd, options.env);
  const ended = (code: number): Ended => ({
    code,
    signal: null,
    stdout: stdout.text(),
    stderr: stderr.text(),
  });
  try {
    const found = findCommand(words);
    if (found.type !== 'command') return ended(EXIT.usage);
    const { command } = await found.leaf.load();
    const { call, globals } = parseCall(command, found.path, found.rest);
    const streams = { stdout: stdout.stream, stderr: stderr.stream };
    return ended(await command.run(sessionOf({ globals, env, options, streams }), call));
  } catch (error) {
    stderr.stream.write(reportError(error, env));
    return ended(exitCodeOf(error));
  }
}

function sessionOf(given: {
  readonly globals: GlobalValues;
  readonly env: NodeJS.ProcessEnv;
  readonly options: RunOptions;
  readonly streams: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream };
}): Session {
  const { globals, env, options, streams } = given;
  return {
    env,
    cwd: options.cwd,
    globals,
    output: createOutput({ format: globals.output ?? 'table', env, ...streams, formatYaml }),
    stdin: Readable.from([options.stdin ?? '']) as unknown as NodeJS.ReadStream,
    terminal: null,
    fetch: () => Promise.reject(new Error('no network here')),
    interrupted: new AbortController().signal,
    onInterrupt: () => ({ forget: () => undefined }),
  };
}

function gathering(): { readonly stream: NodeJS.WriteStream; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}
