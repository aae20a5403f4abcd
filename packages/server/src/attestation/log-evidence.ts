import { certificateFacts, type EntryFacts } from '../tlog/index.ts';
import type { ServerSigned } from '../trust/index.ts';
import { KEY_ISSUER } from './check-signer.ts';
import type { AttestationDeps } from './deps.ts';
import { type LoggedBundle, logBundle, logServerSigned } from './log-bundle.ts';
import { type StoredForm, storedForm, type Verdict } from './sign-verdict.ts';
import type { SignedEvidence } from './verify-signer.ts';

export type LoggedEvidence = LoggedBundle & StoredForm;

/** The tenant's attestation, with its entry in our log inside the bundle. */
export async function logAttestation(
  deps: AttestationDeps,
  evidence: SignedEvidence,
): Promise<LoggedEvidence> {
  const { bundle, rekord, statement } = evidence;
  const facts = { ...signerFacts(evidence), ...firstSubject(statement.value.subject) };
  const logged = await logBundle(deps.tlog, { bundle, rekord, facts });
  return { ...logged, ...storedForm(logged.bundle) };
}

/** The server's verdict, likewise. */
export async function logVerdict(deps: AttestationDeps, verdict: Verdict): Promise<LoggedEvidence> {
  const logged = await logServerSigned(deps.tlog, verdict.signed, firstSubject(verdict.statement.subject));
  return { ...logged, ...storedForm(logged.bundle) };
}

/** The server's provenance, likewise. */
export async function logProvenance(
  deps: AttestationDeps,
  signed: ServerSigned,
  subjects: Verdict['statement']['subject'],
): Promise<LoggedEvidence> {
  const logged = await logServerSigned(deps.tlog, signed, firstSubject(subjects));
  return { ...logged, ...storedForm(logged.bundle) };
}

function signerFacts({ signer, statement }: SignedEvidence): EntryFacts {
  if (signer.type === 'key') {
    return { signer: signer.name, issuer: KEY_ISSUER, certificateFingerprint: signer.fingerprint };
  }
  return statement.signer.type === 'certificate' ? certificateFacts(statement.signer.certificate) : {};
}

function firstSubject(subjects: Verdict['statement']['subject']): { readonly artifactDigest?: string } {
  const sha256 = subjects[0]?.digest.sha256;
  return sha256 === undefined ? {} : { artifactDigest: `sha256:${sha256}` };
}
