/**
 * What the first evaluation of a policy adds to the start of the command line, as it is shipped: one file. Beside it
 * `opa eval` on the same files.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirePeer } from '@waybill/testkit';
import { buildCli } from '../tools/build-cli.ts';
import { load, report } from './measure.ts';
import { withDirectory } from './server.ts';

const ROUNDS = 12;
const POLICY = `package a
default allow := false
allow if { some role in input.roles; role == "admin" }
deny contains msg if { some x in input.xs; x > 1; msg := sprintf("%v is too much", [x]) }
`;
const INPUT = '{"roles":["dev","admin"],"xs":[1,2,3]}';

export async function run(): Promise<void> {
  const opa = requirePeer('opa');
  await withDirectory(async (directory) => {
    writeFileSync(join(directory, 'a.rego'), POLICY);
    writeFileSync(join(directory, 'r.rego'), `${POLICY}name if regex.match("^a", input.roles[1])\n`);
    writeFileSync(join(directory, 'in.json'), INPUT);
    const { file: cli } = await buildCli(join(directory, 'cli'));
    const evaluation = (file: string): readonly string[] => ['eval', 'data.a', '-d', file, '-i', 'in.json'];
    const samples = {
      help: [] as number[],
      plain: [] as number[],
      regex: [] as number[],
      opa: [] as number[],
    };
    // In turns, so that noise falls on all of them alike; the first fills the compile cache.
    for (let round = -1; round < ROUNDS; round++) {
      const keep = (name: keyof typeof samples, program: string, args: readonly string[]): void => {
        const ms = wall(program, args, directory);
        if (round >= 0) samples[name].push(ms);
      };
      keep('help', process.execPath, [cli, 'gate', 'check', '--help']);
      keep('plain', process.execPath, [cli, 'policy', ...evaluation('a.rego')]);
      keep('regex', process.execPath, [cli, 'policy', ...evaluation('r.rego')]);
      if (opa.path !== null) keep('opa', opa.path, evaluation('a.rego'));
    }
    const added = samples.plain.map((ms, round) => ms - (samples.help[round] ?? 0));
    report([
      { name: 'waybill gate check --help', unit: 'ms', samples: samples.help },
      { name: 'waybill policy eval', unit: 'ms', samples: samples.plain },
      { name: 'added by the first evaluation', unit: 'ms', samples: added, target: '< 60' },
      { name: 'waybill policy eval, with regex', unit: 'ms', samples: samples.regex },
      ...(samples.opa.length === 0 ? [] : [{ name: 'opa eval', unit: 'ms', samples: samples.opa } as const]),
      load(),
    ]);
  });
}

function wall(program: string, args: readonly string[], cwd: string): number {
  const started = performance.now();
  const { status } = spawnSync(program, args, { cwd, stdio: 'ignore' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}`);
  return performance.now() - started;
}
