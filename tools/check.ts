/** `npm run check`: everything about the code that can be known without running the product. */
import { spawnSync } from 'node:child_process';

const ROOT = new URL('..', import.meta.url).pathname;

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** What to do when it fails. */
  readonly advice: string;
}

const STEPS: readonly Step[] = [
  { name: 'format', command: ['biome', 'format', '.'], advice: 'npm run format' },
  { name: 'lint', command: ['oxlint', '--type-aware', '.'], advice: 'each finding names its rule and line' },
  { name: 'types', command: ['tsc', '-p', '.'], advice: 'npx tsc -p . shows the same list' },
  {
    name: 'architecture',
    command: ['node', '--test', '--test-reporter=dot', 'architecture.test.ts'],
    advice: 'docs/ARCHITECTURE.md says where things go',
  },
  { name: 'dead code', command: ['knip', '--no-progress'], advice: 'remove it, or use it' },
];

const startedAt = performance.now();
for (const step of STEPS) {
  const stepAt = performance.now();
  const [program = '', ...args] = step.command;
  const result = spawnSync(`${ROOT}node_modules/.bin/${program}`, args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = `${((performance.now() - stepAt) / 1000).toFixed(1)} s`;
  if (result.status === 0) {
    console.log(`✔ ${step.name.padEnd(13)} ${seconds}`);
    continue;
  }
  console.log(`✖ ${step.name.padEnd(13)} ${seconds}\n`);
  console.log(`${result.stdout ?? ''}${result.stderr ?? ''}`.trimEnd() || String(result.error));
  console.log(`\ncheck failed at ${step.name}: ${step.advice}`);
  process.exit(1);
}
console.log(`check passed in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
