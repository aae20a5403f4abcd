/** `npm run torture -- attest|tlog`: kills a server hundreds of times under load, and holds it to what it promised. */
import { chmod, mkdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { tempDir } from '@waybill/testkit';
import { tortureAttest } from './attest.ts';
import type { Journal } from './journal.ts';
import type { Options } from './rounds.ts';
import { summarize } from './summary.ts';
import { tortureTlog } from './tlog.ts';

const LOADS = {
  attest: { torture: tortureAttest, kills: 500 },
  tlog: { torture: tortureTlog, kills: 1000 },
} as const;

const USAGE = `usage: npm run torture -- attest [--kills 500] [--seed N] [--dir DIR]
       npm run torture -- tlog [--kills 1000] [--seed N] [--dir DIR]
       --dir keeps data and journal in DIR; called again it goes on after the last kill`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kills: { type: 'string' }, seed: { type: 'string' }, dir: { type: 'string' } },
});
const [name = '', ...rest] = positionals;
const load = Object.hasOwn(LOADS, name) && rest.length === 0 ? LOADS[name as keyof typeof LOADS] : undefined;
const kills = Number(values.kills ?? load?.kills);
const seed = Number(values.seed ?? Math.floor(Date.now() / 1000));
if (load === undefined || !Number.isSafeInteger(kills) || !Number.isSafeInteger(seed)) {
  console.error(USAGE);
  process.exitCode = 2;
} else if (values.dir === undefined) {
  await using directory = await tempDir('waybill-torture-');
  await run(load.torture, directory.path);
} else {
  await mkdir(values.dir, { recursive: true });
  // The embedded PostgreSQL's user passes through.
  if (process.geteuid?.() === 0) await chmod(values.dir, 0o711);
  await run(load.torture, values.dir);
}

async function run(
  torture: (options: Options) => Promise<Journal<unknown>>,
  directory: string,
): Promise<void> {
  const journal = await torture({
    kills,
    seed,
    directory,
    onSeed: (number) => console.log(`seed ${number}`),
    onRound: (round) => console.log(JSON.stringify({ ...round, load: Math.round(loadavg()[0] ?? 0) })),
  });
  console.log(summarize(journal));
}
