/**
 * Policies beside everything else: how long others wait while the policies of runs spin to their deadline, and what the
 * child process costs that evaluates them.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Client, createClient } from '@waybill/api/client';
import { Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { readPolicy } from '@waybill/core/policy';
import { createLog, openProcesses } from '@waybill/server/ground';
import { startAttester } from '@waybill/testkit';
import type { JudgeTasks } from '../packages/server/src/attestation/judge-tasks.ts';
import { type Figure, load, peakRssMiB, report, timed } from './measure.ts';
import { withServer } from './server.ts';

const RUNS = 12;
const IDLE_MS = 5000;
/** A request every so often, whatever the one before took. */
const EVERY_MS = 10;
const HANDED_OVER = 20;
const MIB = 1024 * 1024;

/** Never ends by itself. */
const SPINS = `package main
violations contains "never" if {
  some a in numbers.range(1, 100000)
  some b in numbers.range(1, 100000)
  a * b == -1
}`;
const HOLDS = 'package main\nviolations contains "never" if input.never';

const policyOf = (program: string) => ({
  apiVersion: 'chainloop.dev/v1',
  kind: 'Policy',
  metadata: { name: 'bench' },
  spec: { policies: [{ embedded: program }] },
});

export async function run(): Promise<void> {
  const others: Figure[] = [];
  await withServer(async (server, { dataDir }) => {
    const token = new Secret((await readFile(join(dataDir, 'owner-token'), 'utf8')).trim());
    const client = createClient({ url: server.url, token, timeoutMs: 120_000 });
    const asking = { url: server.url, token };
    const before = peakRssMiB(server.pid);
    others.push(...(await sample('nothing else', asking, () => setTimeout(IDLE_MS))));
    const pushes = await prepare(client, token);
    others.push(
      ...(await sample('while policies spin', asking, async () => {
        for (const push of pushes) await push();
      })),
    );
    others.push({ name: 'peak RSS of the server before', unit: 'MiB', samples: [before] });
    others.push({
      name: 'peak RSS of the server afterwards',
      unit: 'MiB',
      samples: [peakRssMiB(server.pid)],
    });
  });
  report([...others, ...(await costOfChild()), load()]);
}

/** Whole runs, signed beforehand, each with a policy that takes its two seconds. */
async function prepare(client: Client, token: Secret<string>): Promise<readonly (() => Promise<void>)[]> {
  const document = JSON.stringify({
    apiVersion: 'chainloop.dev/v1',
    kind: 'Contract',
    metadata: { name: 'bench' },
    spec: {
      materials: [{ type: 'ARTIFACT', name: 'program', output: true }],
      policies: { attestation: [{ embedded: policyOf(SPINS) }] },
    },
  });
  await client.applyContract({ document });
  await client.createWorkflow({ project: 'bench', name: 'policies', contract: 'bench' });
  const pushes: (() => Promise<void>)[] = [];
  for (let index = 0; index < RUNS; index++) {
    const attester = await startAttester({ client, token, project: 'bench', workflow: 'policies' });
    const program = await attester.record('program', 'ARTIFACT', utf8(`program ${index}`), true);
    const bundle = await attester.sign(attester.predicate([program]));
    pushes.push(async () => {
      const { policies } = await client.pushAttestation(attester.run.id, bundle);
      if (policies?.[0]?.cause !== 'deadline') throw new Error('the policy did not spin to its deadline');
    });
  }
  return pushes;
}

async function sample(
  when: string,
  { url, token }: { readonly url: string; readonly token: Secret<string> },
  work: () => Promise<unknown>,
): Promise<readonly Figure[]> {
  let isOver = false;
  const ask = async (path: string): Promise<readonly number[]> => {
    const headers = { authorization: `Bearer ${token.reveal()}` };
    const asked: Promise<number>[] = [];
    while (!isOver) {
      asked.push(
        timed(async () => {
          const answer = await fetch(`${url}${path}`, { headers });
          await answer.arrayBuffer();
          if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
        }),
      );
      await setTimeout(EVERY_MS);
    }
    return Promise.all(asked);
  };
  const sampling = Promise.all([ask('/healthz'), ask('/waybill/v1/runs?limit=5')]);
  await work().finally(() => {
    isOver = true;
  });
  const [health, runs] = await sampling;
  return [
    { name: `GET /healthz, ${when}`, unit: 'ms', samples: health, target: 'p99 < 50' },
    { name: `GET /waybill/v1/runs, ${when}`, unit: 'ms', samples: runs, target: 'p99 < 50' },
  ];
}

async function costOfChild(): Promise<readonly Figure[]> {
  const processes = openProcesses<JudgeTasks>({
    module: new URL('../packages/server/src/attestation/judge-tasks.ts', import.meta.url),
    log: createLog('warn'),
    count: 1,
    deadlineMs: 30_000,
    maxHeapMiB: 512,
  });
  const policy = readPolicy(policyOf(HOLDS));
  // Of this kind a policy sees no document: what is measured is the way of the bytes.
  const judge = (bytes: Uint8Array) =>
    processes.run('judge', {
      policy,
      facts: {
        evidence: { kind: 'STRING', bytes },
        arguments: {},
        context: {},
        nowNs: 0n,
        limits: { deadlineMs: 2000, maxSteps: 100_000_000 },
      },
    });
  const rounds = async (bytes: Uint8Array): Promise<readonly number[]> => {
    const times: number[] = [];
    for (let round = 0; round < HANDED_OVER; round++) times.push(await timed(() => judge(bytes)));
    return times;
  };
  try {
    const first = await timed(() => judge(utf8('')));
    const small = await rounds(utf8(''));
    const rss = (await childrenOf(process.pid)).map(peakRssMiB);
    return [
      { name: 'first evaluation, with the start of its process', unit: 'ms', samples: [first] },
      { name: 'a policy over nothing', unit: 'ms', samples: small },
      {
        name: 'the same over 10 MiB, handed over',
        unit: 'ms',
        samples: await rounds(new Uint8Array(10 * MIB)),
      },
      {
        name: 'the same over 64 MiB, handed over',
        unit: 'ms',
        samples: await rounds(new Uint8Array(64 * MIB)),
      },
      { name: 'peak RSS of a child that did little', unit: 'MiB', samples: rss },
    ];
  } finally {
    await processes.close();
  }
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
