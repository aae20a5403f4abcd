/** `npm test [-- part-of-a-path …]`: every test file of the repository, over one PostgreSQL. */
import { globSync } from 'node:fs';
import { relative } from 'node:path';
import { type EventData, type RunOptions, run, type TestsStream } from 'node:test';
import { inspect } from 'node:util';

const ROOT = new URL('..', import.meta.url).pathname;
const PATTERNS = [
  '*.test.ts',
  'packages/*/src/**/*.test.ts',
  'packages/*/flows/**/*.test.ts',
  'packages/*/interop/**/*.test.ts',
  'packages/*/test/**/*.test.ts',
  'tools/**/*.test.ts',
  'bench/**/*.test.ts',
];
const CONCURRENCY = 2;
/** Of one file. A test that leaves something open never ends by itself. */
const FILE_TIMEOUT_MS = 300_000;

interface Outcome {
  passed: number;
  readonly failures: EventData.TestFail[];
  readonly skipped: Map<string, number>;
  /** The last of what each file printed. */
  readonly output: Map<string, string>;
  success: boolean;
}

const wanted = process.argv.slice(2);
const files = PATTERNS.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).map((file) => `${ROOT}${file}`))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.slice(ROOT.length).includes(part)))
  // From the end of the alphabet: the longest are in tools/, and last they would leave a core idle.
  .toSorted()
  .toReversed();
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(', ')}`);
  process.exit(1);
}

process.chdir(ROOT);
// Children start faster when they need not strip the types of every module again.
process.env['NODE_COMPILE_CACHE'] ??= `${ROOT}node_modules/.cache/node-compile`;
const startedAt = performance.now();
// The types of Node 24 do not know `globalSetupPath` yet.
const options: RunOptions & { readonly globalSetupPath: string } = {
  files,
  concurrency: CONCURRENCY,
  timeout: FILE_TIMEOUT_MS,
  globalSetupPath: `${ROOT}tools/test-global-setup.ts`,
};
const outcome = await observe(run(options));
report(outcome);

async function observe(stream: TestsStream): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failures: [], skipped: new Map(), output: new Map(), success: true };
  const { output } = outcome;
  const keep = (data: EventData.TestStderr | EventData.TestStdout): void => {
    output.set(data.file, ((output.get(data.file) ?? '') + data.message).slice(-4000));
  };
  stream.on('test:stderr', keep);
  stream.on('test:stdout', keep);
  stream.on('test:pass', (data) => {
    if (data.details.type === 'suite') return;
    if (data.skip === undefined) outcome.passed++;
    else {
      const reason = typeof data.skip === 'string' ? data.skip : 'no reason given';
      outcome.skipped.set(reason, (outcome.skipped.get(reason) ?? 0) + 1);
    }
  });
  stream.on('test:fail', (data) => {
    // A suite fails with its tests; on its own only when a hook of it fails.
    if (data.details.type === 'suite' && causeOf(data).includes('subtest')) return;
    outcome.failures.push(data);
  });
  stream.on('test:summary', (data) => {
    if (data.file === undefined) outcome.success = data.success;
    else printFile(data);
  });
  for await (const _event of stream);
  return outcome;
}

function printFile(data: EventData.TestSummary): void {
  const { counts, success } = data;
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  const ms = Math.round(data.duration_ms);
  console.log(
    `${success ? '✔' : '✖'} ${relative(ROOT, data.file ?? '')} (${counts.passed} passed${skipped}, ${ms} ms)`,
  );
}

function report(outcome: Outcome): void {
  for (const failure of outcome.failures) {
    const place = failure.file === undefined ? '' : `${relative(ROOT, failure.file)}:${failure.line}`;
    console.log(`\n✖ ${failure.name}\n  ${place}\n${causeOf(failure).replaceAll(/^/gm, '    ')}`);
  }
  for (const file of new Set(outcome.failures.map((failure) => failure.file ?? ''))) {
    const output = outcome.output.get(file)?.trimEnd();
    if (output) console.log(`\n${relative(ROOT, file)} printed:\n${output.replaceAll(/^/gm, '    | ')}`);
  }
  if (outcome.skipped.size > 0) console.log('\nskipped:');
  for (const [reason, count] of outcome.skipped) console.log(`  ${count} × ${reason}`);
  const skipped = outcome.skipped.values().reduce((sum, count) => sum + count, 0);
  const failed = outcome.failures.length === 0 && !outcome.success ? 1 : outcome.failures.length;
  console.log(`\n${files.length} files in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`${outcome.passed} passed, ${failed} failed, ${skipped} skipped`);
}

function causeOf(failure: EventData.TestFail): string {
  const { error } = failure.details;
  const text = inspect(error.cause ?? error, { depth: 3, breakLength: 110 });
  return text.replaceAll(/^ *at .*(?:\(|at )node:.*\n?/gm, '');
}
