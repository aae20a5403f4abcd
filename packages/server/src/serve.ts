import { CodedError } from '@waybill/core';
import { configHelp, describeConfig, parseConfig } from './ground/index.ts';
import { startServer } from './main.ts';

const USAGE_CODES: ReadonlySet<string> = new Set(['config_unknown_option', 'config_invalid']);
const STOP_TIMEOUT_MS = 10_000;
const CHECK = '--check-config';

/** The process: starts, says where it is, stops on a signal. Exit code 1 when it cannot, 2 when it is asked wrongly. */
export async function serve(argv: readonly string[]): Promise<void> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(
      `\nOptions of the server, each with its variable:\n${configHelp()}\n  --check-config shows what it would run with and from where, and starts nothing\n`,
    );
    return;
  }
  try {
    if (argv.includes(CHECK)) return checkConfig(argv.filter((word) => word !== CHECK));
    const server = await startServer(parseConfig(argv, process.env));
    process.stdout.write(`waybill is ready on ${server.url}, data in ${server.dataDir}\n`);
    stopOnSignal(server.close);
    // Without a certificate the signal keeps its meaning, the end.
    if (server.reload) process.on('SIGHUP', server.reload);
    const reason = await server.lost;
    process.stderr.write(
      `waybill: the embedded PostgreSQL has ended (${reason}); the server stops. Start it again: nothing acknowledged is lost.\n`,
    );
    await server.close();
    process.exit(1);
  } catch (error) {
    fail(error);
  }
}

function checkConfig(argv: readonly string[]): void {
  const { text, warnings } = describeConfig(argv, process.env);
  process.stdout.write(`${text}\n`);
  for (const warning of warnings) process.stderr.write(`waybill: warning: ${warning}\n`);
}

function stopOnSignal(close: () => Promise<void>): void {
  let stopping = false;
  const stop = (): void => {
    // A second signal means now.
    if (stopping) process.exit(1);
    stopping = true;
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** A sentence for what an operator can mend, a stack only for what we have to. */
function fail(error: unknown): never {
  if (error instanceof CodedError) {
    process.stderr.write(`waybill: ${error.message} [${error.code}]\n`);
    process.exit(USAGE_CODES.has(error.code) ? 2 : 1);
  }
  process.stderr.write(`waybill: the server failed in a way it did not foresee\n${(error as Error).stack}\n`);
  process.exit(1);
}
