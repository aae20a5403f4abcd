/** `npm run attacks [-- words]`: takes each defence of the attack table away, and sees its test fail. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { globalSetup, globalTeardown } from '../test-global-setup.ts';
import type { Attack } from './attack.ts';
import { ATTACKS } from './table.ts';
import { TAKE_AWAY, type TakenAway } from './take-away.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const HOOK = pathToFileURL(resolve(import.meta.dirname, 'take-away.ts')).href;
/** Without its defence a test may wait for what never comes. */
const TEST_TIMEOUT_MS = 30_000;
const AT_ONCE = 2;

type Outcome = 'passed' | 'failed' | 'was never run' | 'failed in its preparation';

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const attacks = Object.values(ATTACKS)
  .flat()
  .filter((attack) => words.every((word) => JSON.stringify(attack).toLowerCase().includes(word)));
const startedAt = performance.now();
/** What each test file says with all defences in place. */
const whole = new Map<string, Promise<string>>();
const blunt: string[] = [];

await globalSetup();
try {
  const waiting = attacks.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const attack of waiting) await prove(attack);
    }),
  );
} finally {
  await globalTeardown();
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
console.log(
  `\n${attacks.length - blunt.length} of ${attacks.length} tests fail without their defence, in ${seconds} s`,
);
process.exitCode = blunt.length > 0 || attacks.length === 0 ? 1 : 0;

async function prove(attack: Attack): Promise<void> {
  const problem = await problemOf(attack);
  console.log(problem === null ? `✔ ${attack.attack}` : `✖ ${attack.attack}\n    ${problem}`);
  if (problem !== null) blunt.push(attack.attack);
}

/** Null when the test passes with its defence and fails without. */
async function problemOf({
  file,
  without,
  andWithout,
  test: [testFile, name],
}: Attack): Promise<string | null> {
  const undisturbed = whole.get(testFile) ?? runTests(testFile);
  whole.set(testFile, undisturbed);
  const before = outcomeOf(await undisturbed, name);
  if (before !== 'passed') return `with its defence "${name}" ${before}`;
  const edits = [[file, ...without] as const, ...(andWithout ? [andWithout] : [])];
  const taken = edits.map(([path, text, instead]) => ({
    url: pathToFileURL(resolve(ROOT, path)).href,
    text,
    instead,
  }));
  const after = outcomeOf(await runTests(testFile, { name, taken }), name);
  return after === 'failed' ? null : `without its defence "${name}" ${after}`;
}

/** The report in TAP: of the whole file, or of one test without a defence. */
async function runTests(
  file: string,
  bare?: { readonly name: string; readonly taken: readonly TakenAway[] },
): Promise<string> {
  const args = ['--test', '--test-reporter=tap', '--test-force-exit', `--test-timeout=${TEST_TIMEOUT_MS}`];
  if (bare) args.push(`--test-name-pattern=${bare.name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$`);
  const env = {
    ...process.env,
    ...(bare && { NODE_OPTIONS: `--import=${HOOK}`, [TAKE_AWAY]: JSON.stringify(bare.taken) }),
  };
  const child = spawn(process.execPath, [...args, file], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const chunks = await Array.fromAsync(child.stdout as AsyncIterable<Buffer>);
  return Buffer.concat(chunks).toString();
}

function outcomeOf(tap: string, name: string): Outcome {
  // TAP escapes these two in a name.
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('#', '\\#');
  const lines = tap.split('\n');
  const at = lines.findIndex((line) => line.trim().replace(/^(?:not )?ok \d+ - /, '') === escaped);
  if (at < 0) return 'was never run';
  if (lines[at]?.trim().startsWith('ok')) return 'passed';
  const end = lines.findIndex((line, index) => index > at && line.trim() === '...');
  return lines.slice(at, end).some((line) => line.includes("failureType: 'hookFailed'"))
    ? 'failed in its preparation'
    : 'failed';
}
