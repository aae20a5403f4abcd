import type { Fetch } from '@waybill/core';
import { EXIT, type ExitCode, exitCodeOf } from './exit.ts';
import { type Found, findCommand } from './find-command.ts';
import { createInterrupt, type Interrupt } from './interrupt.ts';
import { logFormatOf } from './messages.ts';
import { createOutput, type Output, type OutputFormat } from './output.ts';
import type { GlobalValues } from './parse.ts';
import type { Session } from './session.ts';
import { isAttended } from './terminal.ts';

/** The program: reads the process's own words, runs one command, leaves its exit code. */
export async function start(): Promise<void> {
  // A reader that closes the pipe early (`waybill run list | head -1`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const interrupt = createInterrupt(process);
  const code = await run(process.argv.slice(2), interrupt);
  await interrupt.settled();
  await flush(process.stdout);
  process.exit(code);
}

async function run(words: readonly string[], interrupt: Interrupt): Promise<ExitCode> {
  try {
    return await dispatch(findCommand(words), interrupt);
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.interrupted;
    const { reportError } = await import('./report-error.ts');
    process.stderr.write(reportError(error, process.env, logFormatOf(words, process.env)));
    return exitCodeOf(error);
  }
}

async function dispatch(found: Found, interrupt: Interrupt): Promise<ExitCode> {
  if (found.type === 'version') return dispatch(findCommand(['version']), interrupt);
  if (found.type === 'completion') {
    const { completionText } = await import('./completion/text.ts');
    process.stdout.write(await completionText(sessionOf({}, interrupt), found));
    return EXIT.ok;
  }
  if (found.type !== 'command') {
    process.stdout.write(`${await helpText(found)}\n`);
    return EXIT.ok;
  }
  const { command } = await found.leaf.load();
  if (command.passThrough && !found.rest.includes('--help') && !found.rest.includes('-h')) {
    return command.run(sessionOf({}, interrupt), { options: {}, args: found.rest });
  }
  const { parseCall } = await import('./parse.ts');
  const { call, globals } = parseCall(command, found.path, command.passThrough ? ['--help'] : found.rest);
  if (globals.help) {
    const { commandHelp } = await import('./help.ts');
    process.stdout.write(`${commandHelp(found.path, command)}\n`);
    return command.passThrough
      ? command.run(sessionOf(globals, interrupt), { options: {}, args: ['--help'] })
      : EXIT.ok;
  }
  const session = sessionOf(globals, interrupt, await neededFor(globals));
  const work = command.run(session, call);
  return call.options['graceful-exit'] ? gracefully(session, work) : work;
}

async function helpText(
  found: Extract<Found, { type: 'root-help' | 'noun-help' | 'topic' }>,
): Promise<string> {
  if (found.type === 'topic') {
    const { topicList, topicText } = await import('./topics/index.ts');
    return found.name === undefined ? topicList() : topicText(found.name);
  }
  const { nounHelp, rootHelp } = await import('./help.ts');
  return found.type === 'root-help' ? rootHelp() : nounHelp(found.path, found.noun);
}

/** What goes wrong is told all the same. */
async function gracefully({ output, interrupted }: Session, work: Promise<ExitCode>): Promise<ExitCode> {
  let code: ExitCode;
  try {
    code = await work;
  } catch (error) {
    if (interrupted.aborted) throw error;
    const { reportError } = await import('./report-error.ts');
    process.stderr.write(reportError(error, process.env, logFormatOf(process.argv.slice(2), process.env)));
    code = exitCodeOf(error);
  }
  if (code !== EXIT.ok) output.note(`exit code 0 in place of ${code}, as --graceful-exit says`);
  return EXIT.ok;
}

/** What only some calls need, and all others do not load. */
interface Needed {
  readonly ca?: string;
  readonly formatYaml?: (value: unknown) => string;
}

async function neededFor(globals: GlobalValues): Promise<Needed> {
  const ca = await authorityOf(globals);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(globals.output === 'yaml' ? { formatYaml: (await import('@waybill/core/yaml')).formatYaml } : {}),
  };
}

/** Read before anything is asked of a server, so that a wrong file is no failure of the network. */
async function authorityOf(globals: GlobalValues): Promise<string | undefined> {
  const file = globals['ca-file'] ?? process.env['WAYBILL_CA_FILE'];
  if (!file) return undefined;
  const { readAuthority } = await import('./authority.ts');
  return readAuthority(file);
}

function sessionOf(globals: GlobalValues, interrupt: Interrupt, { ca, formatYaml }: Needed = {}) {
  const format: OutputFormat = globals.output ?? 'table';
  const { env, stdout, stderr, stdin } = process;
  const logFormat = logFormatOf(process.argv.slice(2), env);
  const isAsked = logFormat === 'text' && isAttended(stdin, env) && isAttended(stderr, env);
  const streams = { stdout, stderr, env };
  const output = createOutput({ format, logFormat, ...streams, ...(formatYaml && { formatYaml }) });
  return {
    env,
    cwd: process.cwd(),
    globals,
    output,
    stdin,
    terminal: isAsked ? { input: stdin, output: stderr } : null,
    fetch: traced(lazyFetch(ca, output), env),
    interrupted: interrupt.signal,
    onInterrupt: interrupt.onInterrupt,
  };
}

/** Most commands of a person never ask a server; the others share one set of connections. */
function lazyFetch(ca: string | undefined, output: Output): Fetch {
  let made: Promise<Fetch> | undefined;
  const onWait = (url: URL, waitMs: number) =>
    output.note(`${url.host} is busy and asks for ${Math.ceil(waitMs / 1000)} s: waiting`);
  return async (url, init) => {
    made ??= import('@waybill/clients/http').then(({ createFetch, patientFetch }) =>
      patientFetch(createFetch(ca === undefined ? {} : { ca }), { onWait }),
    );
    return (await made)(url, init);
  };
}

/** W3C Trace Context: the pipeline's trace goes on in the server. */
function traced(send: Fetch, env: NodeJS.ProcessEnv): Fetch {
  const traceparent = env['TRACEPARENT'] ?? '';
  if (!/^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent)) return send;
  return (url, init) => send(url, { ...init, headers: { ...init.headers, traceparent } });
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
