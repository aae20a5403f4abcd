/**
 * `accept()` alone: bundles signed beforehand, materials stored, fsync on; 1 client, then 64 at once, with an SBOM that
 * was judged before and with one of 1,000 components for each.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient } from '@waybill/api/client';
import { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { startAttester } from '@waybill/testkit';
import { inParallel } from './in-parallel.ts';
import { cpuMs, load, peakRssMiB, report } from './measure.ts';
import { withServer } from './server.ts';
import { httpPost, type WireResult, wireRun } from './wire.ts';

const CLIENTS = 64;
const ROUNDS = 900;
const LARGE_ROUNDS = 300;
const COMPONENTS = 1000;
const ALONE = 100;
const PREPARE_AT_ONCE = 16;

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: bench }
spec:
  materials:
    - { type: ARTIFACT, name: program, output: true }
    - { type: SBOM_CYCLONEDX_JSON, name: sbom }
    - { type: JUNIT_XML, name: tests }
`;

interface Prepared {
  readonly runId: string;
  readonly bundle: string;
}

export async function run(): Promise<void> {
  await withServer(async (server, { dataDir }) => {
    const token = new Secret((await readFile(join(dataDir, 'owner-token'), 'utf8')).trim());
    const client = createClient({ url: server.url, token, timeoutMs: 120_000 });
    await client.applyContract({ document: CONTRACT });
    await client.createWorkflow({ project: 'bench', name: 'accept', contract: 'bench' });
    const pushing = { client, token, port: server.port };
    const small = sbomOf(1, 0);
    const alone = await push(pushing, await prepare(client, token, { count: ALONE, sbom: () => small }), 1);
    const prepared = await prepare(client, token, { count: ROUNDS, sbom: () => small });
    const before = cpuMs(server.pid);
    const together = await push(pushing, prepared, CLIENTS);
    const after = cpuMs(server.pid);
    const sbom = (index: number): string => sbomOf(index + 2, COMPONENTS);
    const large = await push(pushing, await prepare(client, token, { count: LARGE_ROUNDS, sbom }), CLIENTS);
    report([
      { name: 'accept, 1 client', unit: 'ms', samples: alone.latencies, target: 'p50 <= 150' },
      { name: `accept, ${CLIENTS} clients`, unit: 'ms', samples: together.latencies, target: 'p99 < 500' },
      {
        name: `attestations per second, ${CLIENTS} clients`,
        unit: 'count',
        samples: [(ROUNDS / together.elapsedMs) * 1000],
        target: '>= 200',
      },
      {
        name: 'processor time of the server for each',
        unit: 'ms',
        samples: [(after.own - before.own) / ROUNDS],
      },
      {
        name: 'processor time of its PostgreSQL for each',
        unit: 'ms',
        samples: [(after.below - before.below) / ROUNDS],
      },
      {
        name: `the same with SBOMs of ${COMPONENTS} components, per second`,
        unit: 'count',
        samples: [(LARGE_ROUNDS / large.elapsedMs) * 1000],
        target: '>= 60',
      },
      { name: 'and for each', unit: 'ms', samples: large.latencies },
      { name: 'server peak RSS', unit: 'MiB', samples: [peakRssMiB(server.pid)] },
      load(),
    ]);
  });
}

async function prepare(
  client: Client,
  token: Secret<string>,
  { count, sbom }: { readonly count: number; readonly sbom: (index: number) => string },
): Promise<readonly Prepared[]> {
  const one = async (index: number): Promise<Prepared> => {
    const attester = await startAttester({ client, token, project: 'bench', workflow: 'accept' });
    const tests = `<testsuites><testsuite name="unit ${index}" tests="1"><testcase name="works"/></testsuite></testsuites>`;
    const materials = [
      await attester.record('program', 'ARTIFACT', utf8(`program ${index} of ${count}`), true),
      await attester.record('sbom', 'SBOM_CYCLONEDX_JSON', utf8(sbom(index))),
      await attester.record('tests', 'JUNIT_XML', utf8(tests)),
    ];
    return { runId: attester.run.id, bundle: await attester.sign(attester.predicate(materials)) };
  };
  const prepared: Prepared[] = [];
  await inParallel(PREPARE_AT_ONCE, count, async (index) => {
    prepared.push(await one(index));
  });
  return prepared;
}

function sbomOf(version: number, components: number): string {
  const listed = Array.from({ length: components }, (_, index) => ({
    type: 'library',
    'bom-ref': `pkg:npm/package-${index}@1.${version}.${index}`,
    name: `package-${index}`,
    version: `1.${version}.${index}`,
    purl: `pkg:npm/package-${index}@1.${version}.${index}`,
    licenses: [{ license: { id: 'MIT' } }],
  }));
  return JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version, components: listed });
}

/** Over bare sockets; that each was judged PASSED is asked afterwards. */
async function push(
  { client, token, port }: { readonly client: Client; readonly token: Secret<string>; readonly port: number },
  prepared: readonly Prepared[],
  clients: number,
): Promise<WireResult> {
  const headers = {
    authorization: `Bearer ${token.reveal()}`,
    'content-type': 'application/vnd.dev.sigstore.bundle.v0.3+json',
  };
  const requests = prepared.map(({ runId, bundle }) =>
    httpPost(`/waybill/v1/runs/${runId}/attestation`, bundle, headers),
  );
  let sent = 0;
  const next = (): Buffer | undefined => requests[sent++];
  const result = await wireRun({
    port,
    clients,
    durationMs: Number.POSITIVE_INFINITY,
    next,
    statuses: [200],
  });
  await inParallel(PREPARE_AT_ONCE, prepared.length, async (index) => {
    const { state } = await client.describeRun(prepared[index]?.runId ?? '');
    if (state !== 'PASSED') throw new Error(`judged ${state}`);
  });
  return result;
}
