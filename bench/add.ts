/** `waybill attestation add` of a large file beside what anybody would do by hand: hash it, copy it, wait for the disk. */
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run as program } from '../tools/demo/program.ts';
import { waybillFor } from '../tools/demo/waybill.ts';
import { load, peakRssMiB, report, timed } from './measure.ts';
import { CLI, type Started, withServer } from './server.ts';

const SIZE_BYTES = 100 * 1024 * 1024;
const ROUNDS = 10;

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: bench }
spec:
  materials:
    - { type: ARTIFACT, name: program, output: true }
`;

export async function run(): Promise<void> {
  await withServer(measure);
}

async function measure(
  { url, pid }: Started,
  { directory, dataDir }: { readonly directory: string; readonly dataDir: string },
): Promise<void> {
  const waybill = waybillFor({ program: CLI, url, cwd: directory });
  await writeFile(join(directory, 'contract.yaml'), CONTRACT);
  await waybill(['login', '--local', '--data', dataDir]);
  await waybill(['contract', 'apply', 'contract.yaml']);
  await waybill(['workflow', 'create', '--project', 'bench', '--name', 'add', '--contract', 'bench']);
  await waybill(['attestation', 'init', '--project', 'bench', '--workflow', 'add']);
  const file = join(directory, 'program');
  const ours: number[] = [];
  const theirs: number[] = [];
  const add = async () =>
    ours.push(await timed(() => waybill(['attestation', 'add', '--name', 'program', '--value', file])));
  const byHand = async () => theirs.push(await timed(() => hashCopySync(directory)));
  for (let round = 0; round < ROUNDS; round++) {
    await writeFresh(file);
    // Each goes first as often as the other.
    for (const one of round % 2 === 0 ? [add, byHand] : [byHand, add]) await one();
    await proveStored(file, dataDir);
  }
  report([
    { name: 'attestation add, 100 MiB', unit: 'ms', samples: ours },
    { name: 'sha256sum + cp + sync -f', unit: 'ms', samples: theirs },
    {
      name: 'throughput of add / of sha256sum + cp + sync -f',
      unit: 'ratio',
      samples: ours.map((ms, round) => (theirs[round] ?? 0) / ms),
      target: 'p50 >= 0.8',
    },
    { name: 'server peak RSS', unit: 'MiB', samples: [peakRssMiB(pid)] },
    load(),
  ]);
}

/** Bytes that nobody has stored yet, on the disk before anybody's time is taken. */
async function writeFresh(file: string): Promise<void> {
  await using handle = await open(file, 'w');
  for (let at = 0; at < SIZE_BYTES; at += 1024 * 1024) await handle.write(randomBytes(1024 * 1024));
  await handle.sync();
}

async function hashCopySync(cwd: string): Promise<void> {
  await program('sh', ['-c', 'sha256sum program && cp program copy && sync -f copy'], { cwd });
}

/** What is measured must have happened; then room is made for the next round. */
async function proveStored(file: string, dataDir: string): Promise<void> {
  const hex = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  const stored = join(dataDir, 'blobs', 'store', 'sha256', hex.slice(0, 2), hex);
  if ((await stat(stored)).size !== SIZE_BYTES) throw new Error(`${stored} is not whole`);
  await rm(stored);
}
