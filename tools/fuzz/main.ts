/** `npm run fuzz`: hostile input to every parser; `-- api` to a running server. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { hasShared } from './fixtures.ts';
import { faultOf } from './minimise.ts';
import { spread } from './plan.ts';
import { describeFailure, table } from './report.ts';
import { judge, type Summary } from './session.ts';
import { TARGETS, targetsNamed } from './targets.ts';
import { runWatched } from './watch.ts';

const USAGE = `usage: npm run fuzz -- [--target PART] [--cases N] [--minutes M] [--seed N]
       npm run fuzz -- --target NAME --input FILE     one input, and what is made of it
       npm run fuzz -- --list                         the names of all targets
       npm run fuzz -- api                            a real server: mutated requests over sockets, schemathesis
       npm run fuzz -- fixtures                       makes the fixtures anew`;

const DEFAULT_CASES = 1_000_000;
/** Of one round when the time decides. */
const ROUND_CASES = 100_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      target: { type: 'string' },
      input: { type: 'string' },
      cases: { type: 'string' },
      minutes: { type: 'string' },
      seed: { type: 'string' },
      list: { type: 'boolean' },
    },
  });
  const [command, ...more] = positionals;
  if (more.length > 0) return usage();
  if (command === 'fixtures') return print(await (await import('./make-fixtures.ts')).writeFixtures());
  if (command === 'api') return (await import('./api/main.ts')).fuzzApi(Number(values.seed ?? 1));
  if (command !== undefined) return usage();
  if (values.list === true) return print(TARGETS.map(({ name }) => name).join('\n'));
  if (values.input !== undefined) return replay(values.target ?? '', values.input);
  const seed = Number(values.seed ?? Math.floor(Date.now() / 1000));
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  const cases = Number(values.cases ?? (minutes === null ? DEFAULT_CASES : ROUND_CASES));
  if (![seed, minutes ?? 1, cases].every((number) => number >= 0 && Number.isFinite(number))) return usage();
  return fuzz(values.target ?? '', { seed, minutes, cases });
}

async function fuzz(
  part: string,
  {
    seed,
    minutes,
    cases,
  }: { readonly seed: number; readonly minutes: number | null; readonly cases: number },
): Promise<number> {
  const targets = targetsNamed(part);
  if (targets.length === 0) return usage(`no target's name holds ${JSON.stringify(part)}`);
  if (!hasShared)
    console.log('the shared folder is not there: our own fixtures are the only seeds (WAYBILL_SHARED)');
  const endsAt = performance.now() + (minutes ?? 0) * 60_000;
  const summaries: Summary[] = [];
  const onSummary = (summary: Summary): void => {
    summaries.push(summary);
    for (const failure of summary.failures) console.log(describeFailure(failure));
  };
  console.log(
    `seed ${seed}, ${targets.length} targets, ${minutes === null ? `${cases} cases` : `${minutes} minutes`}`,
  );
  for (let round = 0; round === 0 || performance.now() < endsAt; round++) {
    await runWatched({ plan: spread(targets, cases), seed: seed + round, onSummary });
  }
  console.log(`\n${table(summaries)}`);
  return summaries.some((summary) => summary.failures.length > 0) ? 1 : 0;
}

async function replay(name: string, file: string): Promise<number> {
  const target = TARGETS.find((one) => one.name === name) ?? targetsNamed(name)[0];
  if (target === undefined) return usage(`no target's name holds ${JSON.stringify(name)}`);
  const input = await readFile(file);
  const fault = await faultOf(target, input);
  if (fault !== null) {
    console.log(`FAIL ${target.name}: ${fault.kind}\n${fault.message}`);
    return 1;
  }
  const outcome = await judge(target, input);
  return print(`${target.name}: ${outcome.type} ${outcome.code} ${outcome.message}`.trimEnd());
}

function print(text: string): number {
  console.log(text);
  return 0;
}

function usage(why?: string): number {
  console.error(why === undefined ? USAGE : `${why}\n${USAGE}`);
  return 2;
}

process.exitCode = await main();
