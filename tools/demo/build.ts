import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, hexOf } from '@waybill/core/digest';
import { buildCli } from '../build-cli.ts';
import { run } from './program.ts';

export interface Build {
  /** The bundled command line. */
  readonly program: string;
  readonly sbom: string;
  readonly tests: string;
  readonly version: string;
  readonly components: number;
  readonly testCases: number;
}

interface Bom {
  metadata: { component: { 'bom-ref': string; name: string; version: string; purl: string } };
  components: { 'bom-ref': string; name: string }[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

/** Builds this repository's own command line, with the evidence that a real build leaves. */
export async function buildOurselves(repository: string, out: string): Promise<Build> {
  await mkdir(out, { recursive: true });
  const manifest = JSON.parse(await readFile(join(repository, 'packages/cli/package.json'), 'utf8')) as {
    version: string;
  };
  const { file: program } = await buildCli(out);
  const sbom = join(out, 'sbom.cdx.json');
  const components = await writeSbom(repository, sbom, { program, version: manifest.version });
  const tests = join(out, 'junit.xml');
  const testCases = await writeTestReport(repository, tests);
  return { program, sbom, tests, version: manifest.version, components, testCases };
}

/**
 * `npm sbom` describes the whole workspace and names it after the folder of the clone; here it is cut to what the
 * command line reaches, named after what it is, and tied to the bytes of the program.
 */
async function writeSbom(
  repository: string,
  path: string,
  { program, version }: Pick<Build, 'program' | 'version'>,
): Promise<number> {
  const { stdout } = await run(
    'npm',
    [
      'sbom',
      '--sbom-format',
      'cyclonedx',
      '--sbom-type',
      'application',
      '--omit',
      'dev',
      '--workspace',
      '@waybill/cli',
    ],
    { cwd: repository },
  );
  const bom = JSON.parse(stdout) as Bom;
  const root = `@waybill/cli@${version}`;
  const needs = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]));
  const reached = new Set<string>();
  const open = [...(needs.get(root) ?? [])];
  for (let ref = open.pop(); ref !== undefined; ref = open.pop()) {
    if (reached.has(ref)) continue;
    reached.add(ref);
    open.push(...(needs.get(ref) ?? []));
  }
  Object.assign(bom.metadata.component, {
    'bom-ref': root,
    name: '@waybill/cli',
    version,
    purl: `pkg:npm/%40waybill/cli@${version}`,
    hashes: [{ alg: 'SHA-256', content: hexOf(digestOf(await readFile(program))) }],
  });
  const components = bom.components.filter((component) => reached.has(component['bom-ref']));
  const dependencies = bom.dependencies.filter(({ ref }) => ref === root || reached.has(ref));
  await writeFile(path, JSON.stringify({ ...bom, components, dependencies }, null, 2));
  return components.length;
}

/** The tests of the formats that the command line signs and verifies. */
async function writeTestReport(repository: string, path: string): Promise<number> {
  const report = ['--test', '--test-reporter=junit', `--test-reporter-destination=${path}`];
  await run(
    process.execPath,
    [...report, 'packages/core/src/oci/*.test.ts', 'packages/core/src/bytes/*.test.ts'],
    {
      cwd: repository,
    },
  );
  return (await readFile(path, 'utf8')).match(/<testcase /g)?.length ?? 0;
}
