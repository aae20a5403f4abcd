import type { Finding, PolicyJudgement, Receipt } from '@waybill/api';
import type { Contract } from '@waybill/core/contract';
import type { Digest } from '@waybill/core/digest';
import type { Subject } from '@waybill/core/intoto';
import type { Stored } from '../store/index.ts';
import { proveBuild } from './build-provenance.ts';
import type { AttestationDeps } from './deps.ts';
import type { GradedBuild } from './grade-build.ts';
import { type LoggedEvidence, logAttestation, logVerdict } from './log-evidence.ts';
import type { RunRow } from './queries.ts';
import { signVerdict, type Verdict } from './sign-verdict.ts';
import { traced } from './traced.ts';
import type { SignedEvidence } from './verify-signer.ts';

/** A signed document, in the log and in the store. */
export interface KeptDocument {
  readonly payloadDigest: Digest;
  readonly logged: LoggedEvidence;
  readonly stored: Stored;
}

export interface KeptEvidence {
  readonly verdict: Verdict;
  readonly attestation: KeptDocument;
  readonly vsa: KeptDocument;
  /** Of a run that PASSED. */
  readonly provenance: KeptDocument | null;
}

/** Steps verdict, provenance and log: the tenant's attestation, and what the server signs about it. */
export async function signEvidence(
  deps: AttestationDeps,
  given: {
    readonly run: RunRow;
    readonly contract: Contract;
    readonly signed: SignedEvidence;
    readonly subjects: readonly Subject[];
    readonly findings: readonly Finding[];
    readonly policies: readonly PolicyJudgement[];
    readonly build: GradedBuild;
  },
): Promise<KeptEvidence> {
  const { run, signed, build, ...judged } = given;
  const attestation = await traced(deps, 'log attestation', () => logAttestation(deps, signed));
  const about = { evidence: signed, bundleDigest: attestation.digest };
  const verdict = await traced(deps, 'verdict', () => signVerdict(deps, run, { ...judged, ...about, build }));
  const { subjects } = judged;
  const [vsa, provenance] = await Promise.all([
    traced(deps, 'log verdict', () => logVerdict(deps, verdict)),
    // Of what is wanting nothing more is said than the verdict does.
    verdict.result === 'FAILED'
      ? null
      : traced(deps, 'provenance', () =>
          proveBuild(deps, { run, ...about, subjects, build, finishedAt: verdict.verifiedAt }),
        ),
  ]);
  const keep = async (logged: LoggedEvidence, payloadDigest: Digest): Promise<KeptDocument> => ({
    payloadDigest,
    logged,
    stored: await deps.registry.store.put(logged.bytes),
  });
  const [keptAttestation, keptVsa, keptProvenance] = await traced(deps, 'store', () =>
    Promise.all([
      keep(attestation, signed.payloadDigest),
      keep(vsa, verdict.payloadDigest),
      provenance === null ? null : keep(provenance, provenance.payloadDigest),
    ]),
  );
  return { verdict, attestation: keptAttestation, vsa: keptVsa, provenance: keptProvenance };
}

/** As a receipt names it. */
export function documentOf({ payloadDigest, logged }: KeptDocument): Receipt['vsa'] {
  return { payloadDigest, bundleDigest: logged.digest, log: logged.position };
}
