import type { StartedRun, StartRun } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import type { Json } from '@waybill/core/bytes';
import type { Contract } from '@waybill/core/contract';
import { parseDigest } from '@waybill/core/digest';
import type { RunSource } from '@waybill/core/intoto';
import { type GitHead, gitHead } from './ci/git-head.ts';
import { capture, detectRunner, looksSecret, type Runner } from './ci/index.ts';
import type { Connection } from './connection.ts';
import { cliError } from './exit.ts';
import type { Session } from './session.ts';
import type { AttestationState } from './state.ts';
import { contractOf } from './stated-contract.ts';

/**
 * Starts a run on the server and lets `work` go on with its attestation. A run that it cannot go on with does not
 * stay open there. Throws `runner_mismatch`, and what `work` throws.
 */
export async function startAttestation<T>(
  session: Session,
  { client, url }: Connection,
  wanted: Omit<StartRun, 'runner'>,
  work: (state: AttestationState) => Promise<T>,
): Promise<T> {
  const runner = detectRunner(session.env);
  const head = gitHead(session.cwd, session.env);
  const started = await client.startRun({ ...wanted, runner: runner.type });
  const source = await sourceOf(session, head);
  return keepOrCancel(session, client, started, () => {
    const contract = contractOf(started.contractDocument);
    checkRunner(contract, runner);
    return work(stateOf({ session, url, started, runner, contract, source }));
  });
}

export async function sourceOf({ output }: Session, asked: Promise<GitHead>): Promise<RunSource | undefined> {
  const head = await asked;
  if (head?.type === 'refused') output.note(`the commit is not recorded: ${head.reason}`);
  return head?.type === 'head' ? head.source : undefined;
}

async function keepOrCancel<T>(
  session: Session,
  client: Client,
  started: StartedRun,
  work: () => T | Promise<T>,
): Promise<T> {
  const cancel = async (reason: string) => void (await client.cancelRun(started.id, { reason }));
  const guard = session.onInterrupt(() => cancel('interrupted'));
  try {
    return await work();
  } catch (error) {
    try {
      await cancel(error instanceof Error ? error.message.slice(0, 1000) : 'the attestation failed');
    } catch {
      // The first error is the one to report; the server ends the run by its own deadline.
    }
    throw error;
  } finally {
    guard.forget();
  }
}

function checkRunner(contract: Contract, runner: Runner): void {
  const mismatch = runnerMismatch(contract, runner);
  if (mismatch !== undefined) throw cliError('runner_mismatch', mismatch);
}

/** Why a run cannot be here; undefined when it can. */
export function runnerMismatch(contract: Contract, runner: Pick<Runner, 'type'>): string | undefined {
  if (contract.runner === null || contract.runner === runner.type) return undefined;
  return `the contract wants runs on ${contract.runner}, and this looks like ${runner.type}: run it there, or change runner.type in the contract`;
}

export function stateOf(given: {
  readonly session: Session;
  readonly url: string;
  readonly started: Omit<StartedRun, 'state' | 'version' | 'finishedAt'>;
  readonly runner: Runner;
  readonly contract: Contract;
  readonly source: RunSource | undefined;
}): AttestationState {
  const { session, url, started, runner, contract, source } = given;
  return {
    server: url,
    run: {
      id: started.id,
      organization: started.organization,
      project: started.project,
      workflow: started.workflow,
      startedAt: started.startedAt,
      expiresAt: started.expiresAt,
    },
    contract: {
      name: started.contract.name,
      revision: started.contract.revision,
      digest: parseDigest(started.contract.digest, 'contract.digest'),
    },
    contractDocument: started.contractDocument as Json,
    repository: started.repository,
    runner: { type: runner.type, ...(runner.url === undefined ? {} : { url: runner.url }) },
    ...(source === undefined ? {} : { source }),
    ...(runner.change === undefined ? {} : { change: runner.change }),
    environment: { ...runner.environment, ...allowListed(session, contract) },
    annotations: {},
    materials: [],
  };
}

/** The variables that the contract lists. A name that says "secret" is never recorded, whoever lists it. */
function allowListed({ env, output }: Session, contract: Contract): Readonly<Record<string, string>> {
  const [secret, plain] = [true, false].map((is) =>
    contract.envAllowList.filter((name) => looksSecret(name) === is),
  );
  for (const name of secret ?? []) {
    output.note(`${name} is in the contract's envAllowList, but its name says it is a secret: not recorded`);
  }
  const names = plain ?? [];
  for (const name of names.filter((name) => !env[name])) {
    output.note(`${name} is in the contract's envAllowList and not set here: not recorded`);
  }
  return capture(env, names);
}
