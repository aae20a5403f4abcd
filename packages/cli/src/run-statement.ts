import { algorithmOf, hexOf } from '@waybill/core/digest';
import {
  formatStatement,
  RUN_PREDICATE_TYPE,
  type RunPredicate,
  STATEMENT_TYPE_V1,
} from '@waybill/core/intoto';
import { cliError } from './exit.ts';
import type { AttestationState } from './state.ts';
import { VERSION } from './version.ts';

/** What the run states, ready to be signed. `finishedAt` is RFC 3339. */
export function predicateOf(state: AttestationState, finishedAt: string): RunPredicate {
  const { id, organization, project, workflow, startedAt } = state.run;
  return {
    run: { id, organization, project, workflow, startedAt, finishedAt },
    contract: state.contract,
    runner: state.runner,
    environment: state.environment,
    annotations: state.annotations,
    materials: state.materials,
    tool: { name: 'waybill', version: VERSION },
  };
}

/** The in-toto statement: its subjects are the outputs, or every material where the contract names no output. */
export function statementOf(predicate: RunPredicate): Uint8Array {
  const outputs = predicate.materials.filter((material) => material.output);
  const subjects = outputs.length > 0 ? outputs : predicate.materials;
  if (subjects.length === 0) {
    throw cliError(
      'preview_failed',
      'nothing is recorded, so there is nothing to attest: waybill attestation add records a material',
    );
  }
  return formatStatement({
    type: STATEMENT_TYPE_V1,
    subject: subjects.map(({ name, digest }) => ({ name, digest: { [algorithmOf(digest)]: hexOf(digest) } })),
    predicateType: RUN_PREDICATE_TYPE,
    predicate: JSON.parse(JSON.stringify(predicate)),
  });
}
