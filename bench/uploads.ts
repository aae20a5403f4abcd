/** Eight blobs of 1 GiB at once into the registry, beside eight `cp` of the same files; the server's memory meanwhile. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, stat, statfs } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { run as program } from '../tools/demo/program.ts';
import { load, peakRssMiB, report, timed } from './measure.ts';
import { type Started, withServer } from './server.ts';

const UPLOADS = 8;
const BLOCK_BYTES = 1024 * 1024;
const MIB = 1024 * 1024;

interface Blob {
  readonly path: string;
  readonly hex: string;
}

/** `--size-mib 1024` of each blob, `--rounds 1`. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'size-mib': { type: 'string', default: '1024' },
      rounds: { type: 'string', default: '1' },
    },
  });
  const sizeMiB = Number(values['size-mib']);
  await withServer(async (server, place) => {
    await requireRoom(place.directory, sizeMiB);
    await measure(server, { ...place, sizeMiB, rounds: Number(values.rounds) });
  });
}

/** The files, and their copies or their uploads; as much again shall stay free. */
async function requireRoom(directory: string, sizeMiB: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  const neededMiB = 4 * UPLOADS * sizeMiB;
  const freeMiB = (bavail * bsize) / MIB;
  if (freeMiB < neededMiB) {
    throw new Error(
      `${directory} has ${Math.floor(freeMiB)} MiB free, ${neededMiB} are wanted: see --size-mib`,
    );
  }
}

async function measure(
  server: Started,
  given: {
    readonly directory: string;
    readonly dataDir: string;
    readonly sizeMiB: number;
    readonly rounds: number;
  },
): Promise<void> {
  const { directory, dataDir, sizeMiB, rounds } = given;
  const token = (await readFile(join(dataDir, 'owner-token'), 'utf8')).trim();
  const uploads: number[] = [];
  const copies: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const blobs: Blob[] = [];
    for (let n = 0; n < UPLOADS; n++) blobs.push(await writeFresh(join(directory, `blob-${n}`), sizeMiB));
    const copy = async () => {
      copies.push(await timed(() => copyAll(directory, blobs)));
      await Promise.all(blobs.map(({ path }) => rm(`${path}.copy`)));
    };
    const upload = async () => {
      uploads.push(await timed(() => Promise.all(blobs.map((blob) => push(server, token, blob)))));
      for (const blob of blobs) await removeStored(blob, dataDir, sizeMiB);
    };
    // Each goes first as often as the other.
    for (const one of round % 2 === 0 ? [copy, upload] : [upload, copy]) await one();
  }
  const rate = (samples: readonly number[]) => samples.map((ms) => (UPLOADS * sizeMiB) / (ms / 1000));
  report([
    { name: `${UPLOADS} uploads of ${sizeMiB} MiB at once`, unit: 'MiB/s', samples: rate(uploads) },
    { name: `${UPLOADS} cp at once, then sync -f`, unit: 'MiB/s', samples: rate(copies) },
    {
      name: 'throughput of uploads / of cp',
      unit: 'ratio',
      samples: uploads.map((ms, round) => (copies[round] ?? 0) / ms),
    },
    { name: 'server peak RSS', unit: 'MiB', samples: [peakRssMiB(server.pid)], target: '< 300' },
    load(),
  ]);
}

/** Blocks that differ by their number: as hard to compress as random ones, and ten times cheaper. */
async function writeFresh(path: string, sizeMiB: number): Promise<Blob> {
  const block = randomBytes(BLOCK_BYTES);
  const hash = createHash('sha256');
  await using file = await open(path, 'w');
  for (let n = 0; n < (sizeMiB * MIB) / BLOCK_BYTES; n++) {
    block.writeUInt32LE(n);
    hash.update(block);
    await file.write(block);
  }
  await file.sync();
  return { path, hex: hash.digest('hex') };
}

async function copyAll(cwd: string, blobs: readonly Blob[]): Promise<void> {
  await Promise.all(blobs.map(({ path }) => program('cp', [path, `${path}.copy`], { cwd })));
  await program('sync', ['-f', cwd], { cwd });
}

/** One POST with the digest (distribution-spec end-4b), by the cheapest client there is: the server is what counts. */
async function push({ url }: Started, token: string, { path, hex }: Blob): Promise<void> {
  const { size } = await stat(path);
  const call = request(`${url}/v2/default/bench/uploads/blobs/uploads/?digest=sha256:${hex}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/octet-stream',
      'content-length': size,
    },
  });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    call.on('response', (answer) => resolve(answer.resume().statusCode));
    call.on('error', reject);
  });
  await pipeline(createReadStream(path, { highWaterMark: BLOCK_BYTES }), call);
  const status = await answered;
  if (status !== 201) throw new Error(`the upload of ${path} was answered with ${status}`);
}

async function removeStored({ hex }: Blob, dataDir: string, sizeMiB: number): Promise<void> {
  const stored = join(dataDir, 'blobs', 'store', 'sha256', hex.slice(0, 2), hex);
  if ((await stat(stored)).size !== sizeMiB * MIB) throw new Error(`${stored} is not whole`);
  await rm(stored);
}
