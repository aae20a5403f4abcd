/** The whole flow as a pipeline sees it: separate processes; and the push alone, as the server sees it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@waybill/api/client';
import { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { startAttester } from '@waybill/testkit';
import { waybillFor } from '../tools/demo/waybill.ts';
import { peakRssMiB, report, timed } from './measure.ts';
import { CLI, type Started, withServer } from './server.ts';

const FLOWS = 12;
const PUSHES = 100;

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: bench }
spec:
  materials:
    - { type: ARTIFACT, name: program, output: true }
    - { type: SBOM_CYCLONEDX_JSON, name: sbom }
    - { type: JUNIT_XML, name: tests }
    - { type: ARTIFACT, name: notes }
    - { type: STRING, name: version }
`;

export async function run(): Promise<void> {
  await withServer(measure);
}

async function measure(
  server: Started,
  given: { readonly directory: string; readonly dataDir: string },
): Promise<void> {
  const { url, pid } = server;
  const { directory, dataDir } = given;
  const waybill = waybillFor({ program: CLI, url, cwd: directory });
  await writeFile(join(directory, 'contract.yaml'), CONTRACT);
  await waybill(['login', '--local', '--data', dataDir]);
  await waybill(['contract', 'apply', 'contract.yaml']);
  await waybill(['workflow', 'create', '--project', 'bench', '--name', 'flow', '--contract', 'bench']);
  const values = await writeMaterials(directory);

  const flows: number[] = [];
  const once: number[] = [];
  const onceRequests: number[] = [];
  const requests: number[] = [];
  const material = values.flatMap(([name, value]) => ['--material', `${name}=${value}`]);
  const attest = ['attest', '--project', 'bench', '--workflow', 'flow', ...material];
  const steps: Record<string, number[]> = { init: [], add: [], push: [] };
  for (let round = 0; round <= FLOWS; round++) {
    const before = await server.requests();
    const parts = {
      init: await timed(() => waybill(['attestation', 'init', '--project', 'bench', '--workflow', 'flow'])),
      add: 0,
      push: 0,
    };
    for (const [name, value] of values) {
      parts.add += await timed(() => waybill(['attestation', 'add', '--name', name, '--value', value]));
    }
    parts.push = await timed(() => waybill(['attestation', 'push']));
    const between = await server.requests();
    const onceMs = await timed(() => waybill(attest));
    // The first round fills the compile cache and the server's own certificate.
    if (round === 0) continue;
    once.push(onceMs);
    onceRequests.push((await server.requests()) - between);
    requests.push(between - before);
    flows.push(parts.init + parts.add + parts.push);
    for (const [name, ms] of Object.entries(parts)) steps[name]?.push(ms);
  }

  const token = new Secret((await readFile(join(dataDir, 'owner-token'), 'utf8')).trim());
  const pushes = await measurePushes(url, token);
  report([
    { name: 'flow: init, add x5, push', unit: 'ms', samples: flows, target: '≤ 1200' },
    { name: '  init', unit: 'ms', samples: steps['init'] ?? [] },
    { name: '  add x5', unit: 'ms', samples: steps['add'] ?? [] },
    { name: '  push', unit: 'ms', samples: steps['push'] ?? [] },
    { name: 'requests made by one flow', unit: 'count', samples: requests },
    { name: 'attest: the same in one command', unit: 'ms', samples: once, target: '≤ 500' },
    { name: 'requests made by it', unit: 'count', samples: onceRequests },
    { name: 'accept(): one client, prepared bundles', unit: 'ms', samples: pushes },
    { name: 'server peak RSS', unit: 'MiB', samples: [peakRssMiB(pid)] },
  ]);
}

async function writeMaterials(directory: string): Promise<readonly (readonly [string, string])[]> {
  const components = Array.from({ length: 200 }, (_, index) => ({
    type: 'library',
    name: `component-${index}`,
    version: '1.0.0',
  }));
  const files = {
    program: Buffer.alloc(1024 * 1024, 7),
    sbom: JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components }),
    tests: '<testsuites><testsuite name="unit" tests="1"><testcase name="works"/></testsuite></testsuites>',
    notes: 'what is new',
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return [...Object.keys(files).map((name) => [name, name] as const), ['version', '1.2.3'] as const];
}

async function measurePushes(url: string, token: Secret<string>): Promise<readonly number[]> {
  const client = createClient({ url, token });
  const samples: number[] = [];
  for (let round = 0; round < PUSHES; round++) {
    const attester = await startAttester({ client, token, project: 'bench', workflow: 'flow' });
    const bytes = (text: string) => utf8(`${text} of round ${round}`);
    const sbom = utf8(`{"bomFormat":"CycloneDX","specVersion":"1.5","version":${round + 1},"components":[]}`);
    const bundle = await attester.sign(
      attester.predicate([
        await attester.record('program', 'ARTIFACT', bytes('program'), true),
        await attester.record('sbom', 'SBOM_CYCLONEDX_JSON', sbom),
        await attester.record('notes', 'ARTIFACT', bytes('notes')),
      ]),
    );
    samples.push(await timed(() => client.pushAttestation(attester.run.id, bundle)));
  }
  return samples;
}
