/** Attestations at half of what the machine can do, for half an hour: does anything grow that should not? */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Client, createClient } from '@waybill/api/client';
import { createFetch } from '@waybill/clients/http';
import { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { rowsOf, startAttester } from '@waybill/testkit';
import { inParallel } from './in-parallel.ts';
import { percentile, report, timed } from './measure.ts';
import { type Started, withServer } from './server.ts';
import { growthOf, type Sample } from './trend.ts';

const CLIENTS = 8;
const MAXIMUM_ROUNDS = 120;
const WARM_UP_ROUNDS = 40;
const SAMPLE_MS = 30_000;

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: bench }
spec:
  materials:
    - { type: ARTIFACT, name: program, output: true }
    - { type: SBOM_CYCLONEDX_JSON, name: sbom }
`;

interface Pipeline {
  readonly client: Client;
  readonly token: Secret<string>;
}

/** `--minutes 30`, `--rate half` or a number of attestations per second. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { minutes: { type: 'string', default: '30' }, rate: { type: 'string', default: 'half' } },
  });
  await withServer(async (server, { dataDir }) => {
    const token = new Secret((await readFile(join(dataDir, 'owner-token'), 'utf8')).trim());
    const client = createClient({ url: server.url, token, fetch: createFetch(), timeoutMs: 120_000 });
    await client.applyContract({ document: CONTRACT });
    await client.createWorkflow({ project: 'bench', name: 'soak', contract: 'bench' });
    const pipeline = { client, token };
    const maximum = await maximumRate(pipeline);
    const perSecond = values.rate === 'half' ? maximum / 2 : Number(values.rate);
    console.log(JSON.stringify({ maximumPerSecond: maximum, perSecond, minutes: Number(values.minutes) }));
    const load = startLoad(pipeline, perSecond);
    const samples = await watch(server, { dataDir, load, minutes: Number(values.minutes) });
    await load.stop();
    judge(samples);
  });
}

/** One whole flow over the API: run, two uploads, certificate, timestamp, push. Resolves with the time of the push. */
async function attest({ client, token }: Pipeline, round: number): Promise<number> {
  const attester = await startAttester({ client, token, project: 'bench', workflow: 'soak' });
  const sbom = `{"bomFormat":"CycloneDX","specVersion":"1.5","version":${round + 1},"components":[]}`;
  const bundle = await attester.sign(
    attester.predicate([
      await attester.record('program', 'ARTIFACT', utf8(`program ${round}`), true),
      await attester.record('sbom', 'SBOM_CYCLONEDX_JSON', utf8(sbom)),
    ]),
  );
  return timed(async () => {
    const { result } = await client.pushAttestation(attester.run.id, bundle);
    if (result !== 'PASSED') throw new Error(`the run ${attester.run.id} was judged ${result}`);
  });
}

/** Whole flows per second, as many as the clients get through. */
async function maximumRate(pipeline: Pipeline): Promise<number> {
  await inParallel(CLIENTS, WARM_UP_ROUNDS, (round) => attest(pipeline, round));
  const ms = await timed(() =>
    inParallel(CLIENTS, MAXIMUM_ROUNDS, (round) => attest(pipeline, WARM_UP_ROUNDS + round)),
  );
  return MAXIMUM_ROUNDS / (ms / 1000);
}

interface Load {
  /** Times of the pushes since it was last asked. */
  take(): readonly number[];
  /** Ends it; throws what had gone wrong. */
  stop(): Promise<void>;
}

/** Begins an attestation at each beat, whether or not the one before has ended; skips the beat when all clients wait. */
function startLoad(pipeline: Pipeline, perSecond: number): Load {
  const open = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let times: number[] = [];
  let round = WARM_UP_ROUNDS + MAXIMUM_ROUNDS;
  const begin = async () => {
    try {
      times.push(await attest(pipeline, round++));
    } catch (error) {
      failures.push(error);
    }
  };
  const timer = setInterval(() => {
    if (open.size >= CLIENTS * 2) return;
    const one = begin().finally(() => open.delete(one));
    open.add(one);
  }, 1000 / perSecond);
  return {
    take() {
      const taken = times;
      times = [];
      return taken;
    },
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      if (failures.length > 0) throw new AggregateError(failures, `${failures.length} attestations failed`);
    },
  };
}

async function watch(
  server: Started,
  given: { readonly dataDir: string; readonly load: Load; readonly minutes: number },
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const startedMs = performance.now();
  for (let n = 1; n * SAMPLE_MS <= given.minutes * 60_000; n++) {
    await new Promise((due) => setTimeout(due, startedMs + n * SAMPLE_MS - performance.now()));
    const values = await sample(server, given.dataDir, given.load.take());
    samples.push({ atSeconds: (performance.now() - startedMs) / 1000, values });
    console.log(JSON.stringify(samples.at(-1)));
  }
  return samples;
}

async function sample(
  { url, pid }: Started,
  dataDir: string,
  pushesMs: readonly number[],
): Promise<Sample['values']> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const connection = { host: join(dataDir, 'pg', 'run'), port: 5432, user: 'waybill', database: 'waybill' };
  const [database] = await rowsOf<{ bytes: number; connections: number }>(
    connection,
    `select pg_database_size(current_database())::float8 as bytes,
       (select count(*)::integer from pg_stat_activity where application_name = 'waybill') as connections`,
  );
  return {
    rssMiB: Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    heapMiB: metric(metrics, 'nodejs_heap_size_used_bytes') / 1024 ** 2,
    externalMiB: metric(metrics, 'nodejs_external_memory_bytes') / 1024 ** 2,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    activeResources: metric(metrics, 'nodejs_active_resources_total'),
    lagEvents: metric(metrics, 'waybill_follower_lag_events'),
    lagSeconds: metric(metrics, 'waybill_follower_lag_seconds'),
    logWaiting: metric(metrics, 'waybill_tlog_waiting_entries'),
    connections: database?.connections ?? Number.NaN,
    databaseMiB: (database?.bytes ?? Number.NaN) / 1024 ** 2,
    attestations: pushesMs.length,
    pushP50Ms: percentile(pushesMs, 50),
    pushP95Ms: percentile(pushesMs, 95),
    machineLoad: loadavg()[0] ?? Number.NaN,
  };
}

/** The highest of its series. */
function metric(text: string, name: string): number {
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(([, value]) =>
    Number(value),
  );
  return Math.max(...values);
}

/** What grows with the history by its nature is told per attestation; everything else has to stay flat. */
const STEADY = ['rssMiB', 'heapMiB', 'externalMiB', 'descriptors', 'activeResources', 'connections'] as const;
const DELAYS = ['lagEvents', 'lagSeconds', 'logWaiting', 'pushP95Ms'] as const;

function judge(samples: readonly Sample[]): void {
  for (const name of [...STEADY, ...DELAYS])
    console.log(JSON.stringify({ name, ...growthOf(samples, name) }));
  const attestations = samples.reduce((sum, { values }) => sum + (values['attestations'] ?? 0), 0);
  const all = (name: string) => samples.map(({ values }) => values[name] ?? Number.NaN);
  const database = all('databaseMiB');
  const grownKiB = ((database.at(-1) ?? 0) - (database[0] ?? 0)) * 1024;
  const counted = attestations - (samples[0]?.values['attestations'] ?? 0);
  report([
    { name: 'attestations', unit: 'count', samples: [attestations] },
    { name: 'database per attestation', unit: 'KiB', samples: [grownKiB / counted] },
    ...STEADY.map((name) => ({
      name: `${name}: ${growthOf(samples, name).verdict}`,
      unit: name.endsWith('MiB') ? ('MiB' as const) : ('count' as const),
      samples: all(name),
    })),
    ...DELAYS.map((name) => ({
      name: `${name}: ${growthOf(samples, name).verdict}`,
      unit: name.endsWith('Ms') ? ('ms' as const) : ('count' as const),
      samples: all(name),
    })),
    { name: 'load of the machine', unit: 'count', samples: all('machineLoad') },
  ]);
}
