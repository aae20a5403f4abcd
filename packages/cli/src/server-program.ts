/** The server's own program, which this one starts as a child: its options and words go to it unread. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cliError, EXIT, type ExitCode } from './exit.ts';
import { SAME_SIGNAL_MS } from './interrupt.ts';
import type { Session } from './session.ts';

const SERVER_ENTRY = '@waybill/server/serve';

/**
 * Of the Node that runs the server. V8 gives the young generation 128 MB where memory is plenty, though what a server
 * makes for one request is dead a moment later: with 8 MB a half space it needs 70 MB less at the same speed. The old
 * generation of a heap that may have more than 2 GB grows to four times of what survived, a smaller one to twice
 * (V8 heap/memory-controller): 110 MB less at the same speed.
 */
export const SERVER_NODE_OPTIONS: readonly string[] = [
  '--max-semi-space-size=8',
  '--max-old-space-size=2000',
];

/** Throws `cli_server_missing`; for help a note takes its place. */
export async function callServer(session: Session, args: readonly string[]): Promise<ExitCode> {
  const entry = findServer(session.cwd);
  if (entry !== null) return runServer(session, entry, args);
  const missing =
    'the server is not installed: run npm install @waybill/server, then the same command in that directory (or npm ci in a clone)';
  if (!args.includes('--help')) throw cliError('cli_server_missing', missing);
  session.output.note(`Its options are not known here, as ${missing}.`);
  return EXIT.ok;
}

/** The server package beside this program, or installed in the working directory. */
function findServer(cwd: string): string | null {
  const places = [import.meta.url, pathToFileURL(path.join(cwd, 'package.json')).href];
  for (const place of places) {
    try {
      return createRequire(place).resolve(SERVER_ENTRY);
    } catch {
      // Not installed in this place: the next one may have it.
    }
  }
  return null;
}

/** The server as a child with our streams; it stops by the signals that we get, and its exit code is ours. */
function runServer(session: Session, entry: string, args: readonly string[]): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    // In a process group of its own a terminal's Ctrl-C reaches it once, through us, and its graceful stop is not cut short.
    const child = spawn(process.execPath, [...SERVER_NODE_OPTIONS, entry, ...args], {
      stdio: 'inherit',
      detached: true,
      cwd: session.cwd,
      env: session.env,
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) forward(signal, child);
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      resolve(code ?? (signal === 'SIGINT' ? EXIT.interrupted : EXIT.error)),
    );
  });
}

function forward(signal: NodeJS.Signals, child: ChildProcess): void {
  let sentAt = Number.NEGATIVE_INFINITY;
  process.removeAllListeners(signal);
  process.on(signal, () => {
    if (performance.now() - sentAt < SAME_SIGNAL_MS) return;
    sentAt = performance.now();
    child.kill(signal);
  });
}
