/** `npm run conformance -- SUITE DIR`: runs the cases of a published suite that lie in DIR. */
import { stat } from 'node:fs/promises';
import type { CaseResult, Suite } from './case.ts';

const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  'fulcio-identity': async () => (await import('./fulcio-identity.ts')).run,
  merkle: async () => (await import('./merkle.ts')).run,
  rego: async () => (await import('./rego.ts')).run,
  sigstore: async () => (await import('./sigstore.ts')).run,
};

const USAGE = `usage: npm run conformance -- SUITE DIR\nsuites: ${Object.keys(SUITES).join(', ')}`;

async function main(args: readonly string[]): Promise<number> {
  const [name, dir] = args;
  const load = name !== undefined && Object.hasOwn(SUITES, name) ? SUITES[name] : undefined;
  if (load === undefined || dir === undefined || args.length !== 2) return usage(USAGE);
  if (!(await isDirectory(dir))) return usage(`not a directory: ${dir}\n${USAGE}`);
  const results = await (await load())(dir);
  const failed = results.filter((result) => !result.ok);
  for (const { name: at, message } of failed) console.log(`FAIL ${at}: ${message ?? 'wrong verdict'}`);
  for (const { name: at, deviates } of results) if (deviates) console.log(`DEVIATES ${at}: ${deviates}`);
  tellDifferences(results);
  if (results.length === 0) console.log(`FAIL no cases found in ${dir}`);
  console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
  return failed.length > 0 || results.length === 0 ? 1 : 0;
}

/** Where another verifier judges otherwise: told, and no failure, as the suite says who is right. */
function tellDifferences(results: readonly CaseResult[]): void {
  const compared = results.flatMap(({ name, compared }) => (compared ? [{ name, ...compared }] : []));
  const different = compared.filter(({ accepted, peer }) => accepted !== peer.accepted);
  for (const { name, accepted, peer } of different) {
    console.log(`DIFF ${name}: waybill ${accepted ? 'accepts' : 'refuses'} it, ${peer.by}: ${peer.message}`);
  }
  const [first] = compared;
  if (first) {
    console.log(`${compared.length} verdicts compared with ${first.peer.by}, ${different.length} different`);
  }
}

function usage(text: string): number {
  console.error(text);
  return 2;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

process.exitCode = await main(process.argv.slice(2));
