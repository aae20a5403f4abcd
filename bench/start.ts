/** How long until the server is ready, and until the command line answers, beside bare Node and cosign. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { requirePeer } from '@waybill/testkit';
import { buildCli } from '../tools/build-cli.ts';
import { type Figure, peakRssMiB, report } from './measure.ts';
import { CLI, startServer, withDirectory } from './server.ts';

const FIRST_STARTS = 3;
const LATER_STARTS = 8;
const PROGRAM_RUNS = 20;

export async function run(): Promise<void> {
  const first: number[] = [];
  const later: number[] = [];
  const memory: number[] = [];
  for (let round = 0; round < FIRST_STARTS; round++) {
    await withDirectory(async (directory) => {
      const data = join(directory, 'data');
      const server = await startServer(data);
      first.push(server.readyMs);
      await server.stop();
      if (round > 0) return;
      for (let start = 0; start < LATER_STARTS; start++) {
        const again = await startServer(data, { at: server.port });
        later.push(again.readyMs);
        memory.push(peakRssMiB(again.pid));
        await again.stop();
      }
    });
  }
  report([
    { name: 'first start to /readyz', unit: 'ms', samples: first, target: '< 5000' },
    { name: 'later start to /readyz', unit: 'ms', samples: later, target: '< 2000' },
    { name: 'server peak RSS after start', unit: 'MiB', samples: memory },
    ...(await programs()),
  ]);
}

/** In turns, so that noise falls on all of them alike. */
async function programs(): Promise<readonly Figure[]> {
  const bundle = await withDirectory(async (directory) => {
    const { file } = await buildCli(directory);
    return Array.from({ length: PROGRAM_RUNS }, () => wall(process.execPath, [file, 'version']));
  });
  const cosign = requirePeer('cosign');
  const bare: number[] = [];
  const version: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < PROGRAM_RUNS; round++) {
    bare.push(wall(process.execPath, ['-e', '0']));
    version.push(wall(process.execPath, [CLI, 'version']));
    if (cosign.path !== null) peer.push(wall(cosign.path, ['version']));
  }
  return [
    { name: 'waybill version, bundled to one file', unit: 'ms', samples: bundle },
    { name: 'bare node', unit: 'ms', samples: bare },
    { name: 'waybill version', unit: 'ms', samples: version, target: '<= bare + 35' },
    {
      name: 'waybill version - bare node',
      unit: 'ms',
      samples: version.map((ms, i) => ms - (bare[i] ?? 0)),
      target: '<= 35',
    },
    ...(peer.length === 0
      ? []
      : [
          { name: 'cosign version', unit: 'ms', samples: peer } as const,
          {
            name: 'waybill version / cosign version',
            unit: 'ratio',
            samples: version.map((ms, i) => ms / (peer[i] ?? 0)),
            target: '<= 1',
          } as const,
        ]),
  ];
}

function wall(program: string, args: readonly string[]): number {
  const started = performance.now();
  const { status } = spawnSync(program, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
  return performance.now() - started;
}
