import { isCoded } from '@waybill/core';
import { parseBundle } from '@waybill/core/bundle';
import { Fields } from '@waybill/core/bytes';
import type { Digest } from '@waybill/core/digest';
import {
  parseVsaPredicate,
  type Statement,
  VSA_PREDICATE_TYPE,
  type VsaPredicate,
} from '@waybill/core/intoto';
import { type Verified, verifyStatementBundle } from '@waybill/core/verify';
import { compromisedKeysOf, type KeyRow, type Principal, targetOf } from '../identity/index.ts';
import { contractUri, runUri } from './addresses.ts';
import type { AttestationDeps } from './deps.ts';
import { attestationError } from './errors.ts';
import { countVerdicts, findVerdicts, type VerdictRow } from './queries.ts';

/** More than this many verdicts on one artifact are not looked through: PASSED and newest come first. */
const MAX_VERDICTS = 20;

/** A verdict whose VSA was verified again, just now: signature, signer, time, log entry, subject, policy. */
export interface ProvenVerdict {
  readonly runId: string;
  readonly result: 'PASSED' | 'FAILED';
  /** Until when it counts, as its contract demanded; null: time alone changes nothing. */
  readonly validUntil: Date | null;
  readonly vsa: Verified<Statement>;
  readonly vsaBundleDigest: Digest;
  readonly logIndex: number;
}

/** A verdict that verifies, on a signature by a key that was found to be compromised. */
export interface WithdrawnVerdict {
  readonly runId: string;
  readonly keyName: string;
}

export interface VerdictsAbout {
  readonly proven: readonly ProvenVerdict[];
  /** PASSED ones that count no longer. */
  readonly withdrawn: readonly WithdrawnVerdict[];
  /** Verdicts on the artifact under any contract, for an answer that helps. */
  readonly underAnyContract: number;
}

/**
 * What this server has judged about an artifact under a contract, as far as the principal's scope reaches. The rows
 * only say where to look: each VSA is read from the store and verified, and must itself name the organisation, run
 * and contract of its row, so that whoever can write into the database can neither make a verdict nor borrow one.
 * Throws `attestation_store_corrupt` when one does not verify.
 */
export async function loadVerdicts(
  deps: AttestationDeps,
  principal: Principal,
  about: { readonly subject: Digest; readonly contract: string },
): Promise<VerdictsAbout> {
  const within = { ...about, ...targetOf(principal.scope) };
  const { rows, underAnyContract, compromised } = await deps.db.withOrg(principal.orgId, async (tx) => ({
    rows: await findVerdicts(tx, { ...within, limit: MAX_VERDICTS }),
    underAnyContract: await countVerdicts(tx, within),
    compromised: await compromisedKeysOf(tx),
  }));
  const proven: ProvenVerdict[] = [];
  const withdrawn: WithdrawnVerdict[] = [];
  for (const row of rows) {
    const verdict = await prove(deps, row, { ...about, orgName: principal.orgName });
    const key = row.result === 'PASSED' ? withdrawnBy(compromised, verdict.vsa.value) : undefined;
    if (key) {
      withdrawn.push({ runId: row.runId, keyName: key.name });
      continue;
    }
    proven.push(verdict);
    // One that passed and counts is all that a decision needs, and those that passed come first.
    if (row.result === 'PASSED' && counts(verdict, deps.clock())) break;
  }
  return { proven, withdrawn, underAnyContract };
}

/**
 * The compromised key on whose signature the verdict stands. Who signed, and when it was judged, is what the signed
 * verdict says, not a row; a key that was only retired takes nothing back.
 */
function withdrawnBy(compromised: readonly KeyRow[], statement: Statement): KeyRow | undefined {
  if (compromised.length === 0) return undefined;
  const fields = new Fields(statement.predicate, 'predicate');
  const fingerprint = fields.optionalObject('waybill_signer')?.optionalString('fingerprint');
  const key = compromised.find((one) => one.fingerprint === fingerprint);
  const since = key?.compromisedSince ?? null;
  const isBefore = since !== null && Date.parse(fields.string('timeVerified')) < since.getTime();
  return isBefore ? undefined : key;
}

/** Whether its time is not over. */
export function counts({ validUntil }: ProvenVerdict, at: Date): boolean {
  return validUntil === null || at.getTime() <= validUntil.getTime();
}

async function prove(
  deps: AttestationDeps,
  row: VerdictRow,
  about: { readonly subject: Digest; readonly contract: string; readonly orgName: string },
): Promise<ProvenVerdict> {
  try {
    const bundle = parseBundle(await deps.registry.store.read(row.vsaBundleDigest));
    const { statement } = verifyStatementBundle(bundle, {
      trustedRoot: deps.trust.trustedRoot(),
      expectations: {
        type: 'identity',
        issuer: deps.trust.issuerUrl,
        subject: deps.trust.serverIdentity,
      },
      artifact: about.subject,
    });
    requireSame(deps, row, { ...about, statement: statement.value });
    return {
      runId: row.runId,
      result: row.result,
      validUntil: expiryOf(statement.value),
      vsa: statement,
      vsaBundleDigest: row.vsaBundleDigest,
      logIndex: statement.logged?.logIndex ?? row.vsaLogIndex,
    };
  } catch (error) {
    if (!isCoded(error)) throw error;
    throw attestationError(
      'attestation_store_corrupt',
      `the verdict ${row.vsaBundleDigest} of run ${row.runId} does not verify (${error.message}): the store or the database was changed behind this server's back`,
      { cause: error },
    );
  }
}

/** The row may say nothing that the signed document does not. */
function requireSame(
  deps: AttestationDeps,
  row: VerdictRow,
  signed: { readonly statement: Statement; readonly contract: string; readonly orgName: string },
): void {
  const { statement, contract, orgName } = signed;
  if (statement.predicateType !== VSA_PREDICATE_TYPE) throw differs('predicate type');
  const vsa: VsaPredicate = parseVsaPredicate(statement.predicate);
  if (vsa.verificationResult !== row.result) throw differs('result');
  if (vsa.verifier.id !== deps.trust.serverIdentity) throw differs('verifier');
  if (vsa.policy.uri !== contractUri(deps, { name: contract, revision: row.contractRevision })) {
    throw differs('contract');
  }
  // Contracts of two organisations may have one name.
  if (vsa.resourceUri !== runUri(deps, orgName, row)) throw differs('resource');
  const run = new Fields(statement.predicate, 'predicate').optionalString('waybill_run');
  if (run !== row.runId) throw differs('run');
}

function expiryOf({ predicate }: Statement): Date | null {
  const text = new Fields(predicate, 'predicate').optionalString('waybill_valid_until');
  if (text === undefined) return null;
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw differs('form of the expiry');
  return at;
}

function differs(what: string): Error {
  return attestationError('attestation_store_corrupt', `the ${what} in the VSA differs from the row`);
}
