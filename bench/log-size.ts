/** What a log of 10⁶ entries costs more than one of 10³: appending, searching, proving, starting. */
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { growLog } from './grow-log.ts';
import { entryMaker } from './log-entries.ts';
import { type Figure, load, peakRssMiB, percentile, report } from './measure.ts';
import { rekordRequest } from './rekord-request.ts';
import { type Started, startServer, withDirectory } from './server.ts';
import { httpGet, wireRun } from './wire.ts';

const SIZES = [1_000, 1_000_000];
const STARTS = 5;
const READS = 512;
const WARM_READS = 64;
const APPENDS_ALONE = 200;
const APPENDS_TOGETHER = 4_000;
const CLIENTS = 64;
const OPTIONS = ['--url', 'http://127.0.0.1:7070', '--address-rate', '0', '--token-rate', '0'];

/** `--dir DIR` keeps the logs, and takes those that are there; `--only-load` measures nothing; `--size N` takes another size. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dir: { type: 'string' },
      'only-load': { type: 'boolean', default: false },
      size: { type: 'string', multiple: true },
    },
  });
  const sizes = values.size?.map(Number) ?? SIZES;
  const work = (directory: string): Promise<void> => runIn(directory, sizes, values['only-load']);
  if (values.dir === undefined) return withDirectory(work);
  await mkdir(values.dir, { recursive: true });
  // The embedded PostgreSQL's user passes through.
  await chmod(values.dir, 0o711);
  await work(values.dir);
}

async function runIn(directory: string, sizes: readonly number[], onlyLoad: boolean): Promise<void> {
  const entryAt = entryMaker();
  const figures: Figure[] = [];
  for (const size of sizes) {
    const dataDir = join(directory, String(size));
    await (await startServer(dataDir, { options: OPTIONS })).stop();
    await growLog(dataDir, size, entryAt);
    if (!onlyLoad) figures.push(...(await measure({ dataDir, size })));
  }
  if (!onlyLoad) report([...figures, load()]);
}

interface Grown {
  readonly dataDir: string;
  readonly size: number;
}

async function measure(log: Grown): Promise<readonly Figure[]> {
  const name = (what: string): string => `${what}, ${log.size} entries`;
  const starts: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const server = await startServer(log.dataDir, { options: OPTIONS });
    starts.push(server.readyMs);
    await server.stop();
  }
  const server = await startServer(log.dataDir, { options: OPTIONS });
  try {
    return [
      { name: name('start to /readyz'), unit: 'ms', samples: starts, target: '< 2000' },
      ...(await reads(server, log)).map((figure) => ({ ...figure, name: name(figure.name) })),
      ...(await appends(server, log)).map((figure) => ({ ...figure, name: name(figure.name) })),
      { name: name('server peak RSS'), unit: 'MiB', samples: [peakRssMiB(server.pid)] },
    ];
  } finally {
    await server.stop();
  }
}

async function reads({ port, url }: Started, { size }: Grown): Promise<readonly Figure[]> {
  const known: Facts[] = [];
  for (let turn = 0; turn < WARM_READS + READS; turn++) known.push(await factsAt(url, placeFor(turn, size)));
  const figures: Figure[] = [];
  for (const [name, pathOf] of readsOf(size, await factsAt(url, 1), await nameOfCtLog(url))) {
    const paths = known.map((facts) => pathOf(facts));
    await requireFound(`${url}${paths[0]}`, name);
    const requests = paths.map(httpGet);
    const one = { port, clients: 1, durationMs: Number.POSITIVE_INFINITY, statuses: [200] };
    const warm = requests.splice(0, WARM_READS);
    await wireRun({ ...one, next: () => warm.pop() });
    const { latencies } = await wireRun({ ...one, next: () => requests.pop() });
    console.error(
      `${name}: p50 ${percentile(latencies, 50).toFixed(1)}, p95 ${percentile(latencies, 95).toFixed(1)} ms`,
    );
    figures.push({ name, unit: 'ms', samples: latencies, target: 'p95 < 10' });
  }
  return figures;
}

interface Facts {
  readonly logIndex: number;
  readonly artifactDigest: string;
  readonly signer: string;
  readonly issuer: string;
  readonly certificateFingerprint: string;
}

type Read = readonly [name: string, pathOf: (facts: Facts) => string];

function readsOf(size: number, early: Facts, ctLog: string): readonly Read[] {
  const search = (query: Readonly<Record<string, string>>): string =>
    `/waybill/v1/log/search?${new URLSearchParams(query)}`;
  const middle = String(size / 2);
  return [
    ['search by digest', (facts) => search({ digest: facts.artifactDigest })],
    ['search by signer', (facts) => search({ subject: facts.signer })],
    ['search by issuer', (facts) => search({ issuer: facts.issuer })],
    ['search by certificate', (facts) => search({ certificate: facts.certificateFingerprint })],
    ['search by signer and issuer', ({ signer, issuer }) => search({ subject: signer, issuer })],
    ['search by issuer of long ago', () => search({ issuer: early.issuer })],
    ['search by issuer and signer of long ago', ({ issuer }) => search({ subject: early.signer, issuer })],
    ['search by signer, from the middle', ({ signer }) => search({ subject: signer, before: middle })],
    ['search by signer in another log', ({ signer }) => search({ subject: signer, log: ctLog })],
    ['search by issuer in another log', ({ issuer }) => search({ issuer, log: ctLog })],
    ['inclusion proof', ({ logIndex }) => `/waybill/v1/log/inclusion?index=${logIndex}`],
    ['entry with proof', ({ logIndex }) => `/waybill/v1/log/entries/${logIndex}`],
  ];
}

/** Places all over the log. */
function placeFor(turn: number, size: number): number {
  return Math.floor(((turn * Math.SQRT2) % 1) * (size - 1)) + 1;
}

async function factsAt(url: string, place: number): Promise<Facts> {
  const { entries } = await searchAt(`${url}/waybill/v1/log/search?limit=1&before=${place + 1}`);
  const [found] = entries;
  if (found?.logIndex === place) return found;
  throw new Error(`there is no entry ${place}`);
}

async function searchAt(url: string): Promise<{ readonly entries: readonly Facts[] }> {
  return (await (await fetch(url)).json()) as { readonly entries: readonly Facts[] };
}

async function nameOfCtLog(url: string): Promise<string> {
  const answer = await (await fetch(`${url}/waybill/v1/log/shards`)).json();
  const { logs } = answer as { readonly logs: readonly { readonly kind: string; readonly origin: string }[] };
  return logs.find(({ kind }) => kind === 'ct')?.origin ?? '';
}

/** An empty answer is quick at any size; only what is searched where it never was may have one. */
async function requireFound(url: string, name: string): Promise<void> {
  if (/another log|and signer of long ago/.test(name)) return;
  const { entries } = await searchAt(url);
  if (entries?.length === 0) throw new Error(`${name}: nothing was found`);
}

async function appends({ port }: Started, { size }: Grown): Promise<readonly Figure[]> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const made = Array.from({ length: APPENDS_ALONE + 2 * APPENDS_TOGETHER }, (_, turn) =>
    rekordRequest(`${size} ${turn} ${Date.now()}`, keys),
  );
  const append = async (clients: number, count: number) => {
    const requests = made.splice(0, count);
    const forever = { port, durationMs: Number.POSITIVE_INFINITY, statuses: [201] };
    return wireRun({ ...forever, clients, next: () => requests.pop() });
  };
  await append(CLIENTS, APPENDS_TOGETHER);
  const alone = await append(1, APPENDS_ALONE);
  const together = await append(CLIENTS, APPENDS_TOGETHER);
  const each = together.elapsedMs / together.latencies.length;
  return [
    { name: 'append, one client', unit: 'ms', samples: alone.latencies },
    { name: `append, ${CLIENTS} clients`, unit: 'ms', samples: together.latencies },
    { name: `cost of an entry, ${CLIENTS} clients`, unit: 'ms', samples: [each], target: '< 10' },
  ];
}
