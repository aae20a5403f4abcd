/** `npm run torture -- attest`: kills a server hundreds of times under load, and holds it to what it promised. */
import { chmod, mkdir } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { tempDir } from '@waybill/testkit';
import { tortureAttest } from './attest.ts';
import { summarize } from './summary.ts';

const USAGE = `usage: npm run torture -- attest [--kills 500] [--seed N] [--dir DIR]
       --dir keeps data and journal in DIR; called again it goes on after the last kill`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kills: { type: 'string' }, seed: { type: 'string' }, dir: { type: 'string' } },
});
const kills = Number(values.kills ?? 500);
const seed = Number(values.seed ?? Math.floor(Date.now() / 1000));
if (positionals.join(' ') !== 'attest' || !Number.isSafeInteger(kills) || !Number.isSafeInteger(seed)) {
  console.error(USAGE);
  process.exitCode = 2;
} else if (values.dir === undefined) {
  await using directory = await tempDir('waybill-torture-');
  await run(directory.path);
} else {
  await mkdir(values.dir, { recursive: true });
  // The embedded PostgreSQL's user passes through.
  if (process.geteuid?.() === 0) await chmod(values.dir, 0o711);
  await run(values.dir);
}

async function run(directory: string): Promise<void> {
  const journal = await tortureAttest({
    kills,
    seed,
    directory,
    onSeed: (number) => console.log(`seed ${number}`),
    onRound: (round) => console.log(JSON.stringify({ ...round, load: Math.round(loadavg()[0] ?? 0) })),
  });
  console.log(summarize(journal));
}
