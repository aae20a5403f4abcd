import { KEY_ISSUER } from './check-signer.ts';
import type { AttestationDeps } from './deps.ts';
import { type LoggedBundle, logBundle } from './log-bundle.ts';
import { type StoredForm, storedForm, type Verdict } from './sign-verdict.ts';
import type { SignedEvidence } from './verify-signer.ts';

export type LoggedEvidence = LoggedBundle & StoredForm;

/** The tenant's attestation, with its entry in our log inside the bundle. */
export async function logAttestation(
  deps: AttestationDeps,
  evidence: SignedEvidence,
): Promise<LoggedEvidence> {
  const { signer } = evidence.statement;
  const logged = await logBundle(deps.tlog, evidence.bundle, {
    publicKey: signer.type === 'key' ? signer.publicKey : signer.certificate.publicKey,
    facts: {
      ...firstSubject(evidence.statement.value.subject),
      ...(evidence.signer.type === 'key' ? { signer: evidence.signer.name, issuer: KEY_ISSUER } : {}),
    },
  });
  return { ...logged, ...storedForm(logged.bundle) };
}

/** The server's verdict, likewise. */
export async function logVerdict(deps: AttestationDeps, verdict: Verdict): Promise<LoggedEvidence> {
  const facts = firstSubject(verdict.statement.subject);
  const logged = await logBundle(deps.tlog, verdict.bundle, { publicKey: null, facts });
  return { ...logged, ...storedForm(logged.bundle) };
}

function firstSubject(subjects: Verdict['statement']['subject']): { readonly artifactDigest?: string } {
  const sha256 = subjects[0]?.digest.sha256;
  return sha256 === undefined ? {} : { artifactDigest: `sha256:${sha256}` };
}
