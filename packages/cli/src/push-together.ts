import type { PushedAttestations, Receipt } from '@waybill/api';
import { CodedError } from '@waybill/core';
import { type Connection, connect } from './connection.ts';
import { cliError, EXIT, type ExitCode } from './exit.ts';
import {
  attachBeside,
  isRefusal,
  type Pushed,
  type PushOptions,
  pushedText,
  withBundle,
} from './push-attestation.ts';
import type { Session } from './session.ts';
import {
  type AttestationState,
  readState,
  removeState,
  stateFile,
  updateState,
  withoutBundle,
} from './state.ts';
import { type SummaryValues, writeSummary } from './summary/write.ts';

interface Collected {
  readonly name: string;
  readonly file: string;
  readonly state: AttestationState;
}

type Outcome =
  | { readonly name: string; readonly pushed: Pushed }
  | { readonly name: string; readonly runId: string; readonly error: CodedError };

/**
 * Signs several attestations of this directory and pushes them in one call, as a monorepo has them. Each has its own
 * verdict; what refuses one leaves it open here, to be pushed again. Throws before any is sent what signing throws.
 */
export async function pushTogether(
  session: Session,
  names: readonly string[],
  options: PushOptions & SummaryValues & { readonly state: string | undefined },
): Promise<ExitCode> {
  if (options.state !== undefined || options.bundle !== undefined) {
    throw cliError('usage_invalid', '--state and --bundle are for one attestation: push that one alone');
  }
  const open = await Promise.all(
    [...new Set(names)].map(async (name): Promise<Collected> => {
      const file = stateFile(session, { state: undefined, attestation: name });
      return { name, file, state: await readState(file) };
    }),
  );
  const connection = await connectionFor(session, open);
  const signed: Collected[] = [];
  for (const { name, file, state } of open) {
    const change = (now: AttestationState) => withBundle(session, connection, { state: now, options });
    signed.push({ name, file, state: await updateState(session, { file, runId: state.run.id }, change) });
  }
  const attestations = signed.map(({ state }) => ({ runId: state.run.id, bundle: state.signedBundle ?? '' }));
  const { results } = await connection.client.pushAttestations({ attestations });
  const outcomes: Outcome[] = [];
  for (const [index, one] of signed.entries()) {
    outcomes.push(await finish(session, connection, { one, result: results[index], options }));
  }
  // After all of them: whoever is interrupted before runs the same command again.
  const over = signed.filter((_, index) => 'pushed' in (outcomes[index] ?? {}));
  await Promise.all(over.map(({ file, state }) => removeState(session, { file, runId: state.run.id })));
  return reportAll(session, outcomes);
}

/** All of one server, with one token that may attest each. */
async function connectionFor(session: Session, open: readonly Collected[]): Promise<Connection> {
  const [first] = open;
  if (first === undefined) throw new TypeError('nothing to push');
  const { server, run } = first.state;
  const elsewhere = open.find(({ state }) => state.server !== server);
  if (elsewhere === undefined) return connect(session, { server, workflow: run });
  throw cliError(
    'usage_invalid',
    `the attestation ${elsewhere.name} is of the server ${elsewhere.state.server}, ${first.name} of ${server}: push those of each server in a call of their own`,
  );
}

async function finish(
  session: Session,
  connection: Connection,
  given: {
    readonly one: Collected;
    readonly result: PushedAttestations['results'][number] | undefined;
    readonly options: PushOptions & SummaryValues;
  },
): Promise<Outcome> {
  const { one, result, options } = given;
  const { name, file, state } = one;
  const runId = state.run.id;
  if (result === undefined || result.runId !== runId)
    throw new TypeError('the server answered for other runs');
  if ('receipt' in result) {
    const { receipt }: { readonly receipt: Receipt } = result;
    const { materials } = state;
    const attachments = await attachBeside(session, connection, { receipt, materials, options });
    await writeSummary(session, options, ({ receiptSummary }) => receiptSummary(receipt, state));
    return { name, pushed: { receipt, bundleFile: null, attachments } };
  }
  const { code, detail, ...rest } = result.problem;
  const error = new CodedError(code, detail ?? code, { detail: rest });
  // Refused for good: the next push signs anew, and materials can still be added.
  if (isRefusal(error)) await updateState(session, { file, runId }, withoutBundle);
  return { name, runId, error };
}

function reportAll({ output }: Session, outcomes: readonly Outcome[]): ExitCode {
  const results = outcomes.map((outcome) => {
    if ('pushed' in outcome) {
      const { receipt, ...beside } = outcome.pushed;
      return { name: outcome.name, ...receipt, ...beside };
    }
    const { name, runId, error } = outcome;
    return { name, runId, error: { code: error.code, message: error.message } };
  });
  output.data({ results }, () =>
    outcomes
      .map((outcome) =>
        'pushed' in outcome
          ? `attestation ${outcome.name}\n${pushedText(outcome.pushed, output)}`
          : `attestation ${outcome.name}\nrun ${outcome.runId}\nNOT TAKEN: ${outcome.error.message} [${outcome.error.code}]`,
      )
      .join('\n\n'),
  );
  if (outcomes.some((outcome) => !('pushed' in outcome))) return EXIT.error;
  const failed = outcomes.some(
    (outcome) => 'pushed' in outcome && outcome.pushed.receipt.result !== 'PASSED',
  );
  return failed ? EXIT.refused : EXIT.ok;
}
