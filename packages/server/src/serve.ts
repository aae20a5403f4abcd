import { CodedError } from '@waybill/core';
import {
  type Config,
  configHelp,
  describeConfig,
  type Logger,
  openTracing,
  parseConfig,
} from './ground/index.ts';
import { openLog, startServer } from './main.ts';
import { VERSION } from './version.ts';

const USAGE_CODES: ReadonlySet<string> = new Set(['config_unknown_option', 'config_invalid']);
const STOP_TIMEOUT_MS = 10_000;
const CHECK = '--check-config';

/** The process: starts, says where it is, stops on a signal. Exit code 1 when it cannot, 2 when it is asked wrongly. */
export async function serve(argv: readonly string[]): Promise<void> {
  const [word, ...rest] = argv;
  if (word === 'backup')
    return command(async () => (await import('./backup-command.ts')).backupCommand(rest));
  if (word === 'log') return command(async () => (await import('./log-command.ts')).logCommand(rest));
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(
      `\nOptions of the server, each with its variable:\n${configHelp()}\n  --check-config shows what it would run with and from where, and starts nothing\n`,
    );
    return;
  }
  let say: Say = sayInWords;
  try {
    if (argv.includes(CHECK)) return checkConfig(argv.filter((word) => word !== CHECK));
    const config = parseConfig(argv, process.env);
    const tracing = await openTracing({
      env: process.env,
      version: VERSION,
      onFailure: (error) => log.warn({ err: error }, 'traces could not be sent'),
    });
    const log = openLog(config, tracing);
    say = speakerOf(config, log);
    const server = await startServer(config, { log, tracing });
    process.stdout.write(`waybill is ready on ${server.url}, data in ${server.dataDir}\n`);
    stopOnSignal(server.close, say);
    // Without a certificate the signal keeps its meaning, the end.
    if (server.reload) process.on('SIGHUP', server.reload);
    const reason = await server.lost;
    say(
      `the embedded PostgreSQL has ended (${reason}); the server stops. Start it again: nothing acknowledged is lost.`,
    );
    await server.close();
    process.exit(1);
  } catch (error) {
    fail(error, say);
  }
}

async function command(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    fail(error, sayInWords);
  }
}

function checkConfig(argv: readonly string[]): void {
  const { text, warnings } = describeConfig(argv, process.env);
  process.stdout.write(`${text}\n`);
  for (const warning of warnings) process.stderr.write(`waybill: warning: ${warning}\n`);
}

function stopOnSignal(close: () => Promise<void>, say: Say): void {
  let stopping = false;
  const stop = (): void => {
    // A second signal means now.
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => fail(error, say),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** The last words of the process: a sentence, and the error that it is about. */
type Say = (sentence: string, error?: unknown) => void;

function sayInWords(sentence: string, error?: unknown): void {
  const stack = error === undefined || error instanceof CodedError ? '' : `\n${(error as Error).stack}`;
  process.stderr.write(`waybill: ${sentence}${stack}\n`);
}

/** Whoever asked for lines that a program reads gets no others. */
function speakerOf({ logFormat, logLevel }: Config, log: Logger): Say {
  if (logFormat === null || logFormat === 'text' || logLevel === 'silent') return sayInWords;
  return (sentence, error) => log.fatal({ err: error }, sentence);
}

/** A sentence for what an operator can mend, a stack only for what we have to. */
function fail(error: unknown, say: Say): never {
  if (error instanceof CodedError) {
    say(`${error.message} [${error.code}]`, error);
    process.exit(USAGE_CODES.has(error.code) ? 2 : 1);
  }
  say('the server failed in a way it did not foresee', error);
  process.exit(1);
}
