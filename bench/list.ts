/** What people and pages read, over the history of a large organisation: 10⁶ runs, half as many rows of the audit trail. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient } from '@waybill/api/client';
import { createFetch } from '@waybill/clients/http';
import { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { createLog, startPostgres } from '@waybill/server/ground';
import { startAttester } from '@waybill/testkit';
import { inParallel } from './in-parallel.ts';
import { type Figure, load, peakRssMiB, percentile, report, timed } from './measure.ts';
import { seed } from './seed.ts';
import { type Started, startServer, withDirectory } from './server.ts';

const READS = 64;
const CLIENTS = [1, 8];
const DEEP = 250_000;
const TARGET = 'p95 < 50';

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: bench, description: What a release owes }
spec:
  materials:
    - { type: ARTIFACT, name: program, output: true }
`;

type Read = readonly [name: string, read: (client: Client, round: number) => Promise<unknown>];

export async function run(): Promise<void> {
  await withDirectory(async (directory) => {
    const dataDir = join(directory, 'data');
    const first = await startServer(dataDir);
    const token = new Secret((await readFile(join(dataDir, 'owner-token'), 'utf8')).trim());
    try {
      await attestOnce(first.url, token);
    } finally {
      await first.stop();
    }
    const seedMs = await timed(() => seedAlone(dataDir));
    const server = await startServer(dataDir, { at: first.port });
    try {
      report([
        { name: 'seeding', unit: 'ms', samples: [seedMs] },
        ...(await measure(server, token)),
        { name: 'server peak RSS', unit: 'MiB', samples: [peakRssMiB(server.pid)] },
        load(),
      ]);
    } finally {
      await server.stop();
    }
  });
}

async function seedAlone(dataDir: string): Promise<void> {
  const postgres = await startPostgres({ dataDir, log: createLog('warn') });
  try {
    await seed(postgres);
  } finally {
    await postgres.stop();
  }
}

async function attestOnce(url: string, token: Secret<string>): Promise<void> {
  const client = createClient({ url, token });
  await client.applyContract({ document: CONTRACT });
  await client.createWorkflow({ project: 'bench', name: 'list', contract: 'bench' });
  const attester = await startAttester({ client, token, project: 'bench', workflow: 'list' });
  const program = await attester.record('program', 'ARTIFACT', utf8('program'), true);
  await client.pushAttestation(attester.run.id, await attester.sign(attester.predicate([program])));
}

async function measure(server: Started, token: Secret<string>): Promise<readonly Figure[]> {
  // A machine that is held up for somebody else's measurement is no failure.
  const client = createClient({ url: server.url, token, fetch: createFetch(), timeoutMs: 120_000 });
  const { runs, next } = await client.listRuns({ state: 'PASSED', limit: 200 });
  if (next === null) throw new Error('the runs are not there');
  const ids = runs.map(({ id }) => id);
  const reads = [...readsOf(ids), ...(await deepReads(client))];
  const figures: Figure[] = [];
  for (const [name, read] of reads) {
    // The first reads make the plans, and fetch from the disk what later ones find in memory.
    await inParallel(8, 16, (round) => read(client, round));
    for (const clients of CLIENTS) {
      const samples: number[] = [];
      await inParallel(clients, READS, async (round) => {
        samples.push(await timed(() => read(client, round)));
      });
      const figure: Figure = { name: `${name}, ${clients} at once`, unit: 'ms', samples, target: TARGET };
      console.error(
        `${figure.name}: p50 ${percentile(samples, 50).toFixed(1)}, p95 ${percentile(samples, 95).toFixed(1)} ms`,
      );
      figures.push(figure);
    }
  }
  return figures;
}

function readsOf(ids: readonly string[]): readonly Read[] {
  return [
    ['run list', (client) => client.listRuns()],
    ['run list of a busy project', (client) => client.listRuns({ project: 'project-0' })],
    ['run list of a quiet project', (client) => client.listRuns({ project: 'project-50' })],
    ['run list of a project given up', (client) => client.listRuns({ project: 'archive' })],
    ['run list of a workflow', (client) => client.listRuns({ project: 'project-0', workflow: 'workflow-7' })],
    ['run list of a workflow name', (client) => client.listRuns({ workflow: 'workflow-7' })],
    ['run list of no project', (client) => client.listRuns({ project: 'unknown' })],
    ...(['INITIALIZED', 'PASSED', 'FAILED', 'CANCELLED', 'EXPIRED'] as const).map(
      (state): Read => [`run list, ${state}`, (client) => client.listRuns({ state })],
    ),
    [
      'run list of a project, CANCELLED',
      (client) => client.listRuns({ project: 'project-0', state: 'CANCELLED' }),
    ],
    [
      'run list of a project, INITIALIZED',
      (client) => client.listRuns({ project: 'archive', state: 'INITIALIZED' }),
    ],
    ['run describe', (client, round) => client.describeRun(ids[round % ids.length] ?? '')],
    ['contract list', (client) => client.listContracts()],
    ['workflow list', (client) => client.listWorkflows()],
    ['audit list', (client) => client.listAudit()],
    ['audit list, rare action', (client) => client.listAudit({ action: 'identity.revoke-token' })],
    ['audit list, rare actor', (client) => client.listAudit({ actor: 'token:rare' })],
    ['audit list, refused', (client) => client.listAudit({ outcome: 'refused' })],
    ['audit list, unknown actor', (client) => client.listAudit({ actor: 'nobody' })],
  ];
}

/** Pages from the middle of the history on: a cursor is a place, so one is made for the run of that time. */
async function deepReads(client: Client): Promise<readonly Read[]> {
  const middle = new Date(Date.now() - DEEP * 63_000).toISOString();
  const cursor = Buffer.from(`${middle} ffffffff-ffff-ffff-ffff-ffffffffffff`).toString('base64url');
  const newest = (await client.listAudit({ limit: 1 })).rows[0]?.id ?? 0;
  const before = newest - DEEP;
  return [
    ['run list, deep', (reader) => reader.listRuns({ cursor })],
    ['run list of a quiet project, deep', (reader) => reader.listRuns({ project: 'project-50', cursor })],
    ['run list, FAILED, deep', (reader) => reader.listRuns({ state: 'FAILED', cursor })],
    ['audit list, deep', (reader) => reader.listAudit({ before })],
    ['audit list, refused, deep', (reader) => reader.listAudit({ outcome: 'refused', before })],
  ];
}
