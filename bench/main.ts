/** `npm run bench <suite>`: figures as JSON lines and a table; docs/BENCHMARKS.md keeps them. */
const SUITES: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<void> }>>> = {
  start: () => import('./start.ts'),
  attest: () => import('./attest.ts'),
  accept: () => import('./accept.ts'),
  list: () => import('./list.ts'),
  add: () => import('./add.ts'),
  soak: () => import('./soak.ts'),
  trust: () => import('./trust.ts'),
  'log-size': () => import('./log-size.ts'),
  verify: () => import('./verify.ts'),
  uploads: () => import('./uploads.ts'),
  rego: () => import('./rego.ts'),
  'policy-start': () => import('./policy-start.ts'),
  policies: () => import('./policies.ts'),
};

const name = process.argv[2] ?? '';
const load = Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
if (load === undefined) {
  console.error(
    `npm run bench <suite>: expected one of ${Object.keys(SUITES).join(', ')}, found ${JSON.stringify(name)}`,
  );
  process.exitCode = 2;
} else {
  await (await load()).run(process.argv.slice(3));
}
