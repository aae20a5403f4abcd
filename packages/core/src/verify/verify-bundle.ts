import type { Bundle } from '../bundle/index.ts';
import { type KeyObject, spkiOf } from '../crypto.ts';
import { type Digest, digestOf } from '../digest/index.ts';
import type { Statement } from '../intoto/index.ts';
import { isWithin, type TrustedRoot } from '../trust/index.ts';
import { type Certificate, parseCertificate } from '../x509/index.ts';
import { checkEntryBody, type SignerMaterial } from './entry-body.ts';
import { verifyError } from './errors.ts';
import { checkIdentity, type Expectations } from './expectations.ts';
import { type LogProof, proveLogEntry } from './log-entry.ts';
import { type Artifact, checkSignature, type SignedContent, signedContentOf } from './signed-content.ts';
import { checkCertificate, checkScts } from './signing-certificate.ts';
import { checkTimes, type ProvenTime, proveTimestamps } from './signing-time.ts';
import { checkSubject, statementIn } from './statement-in.ts';
import { type Signer, type SigningFacts, Verified } from './verified.ts';

export interface VerifyOptions {
  readonly trustedRoot: TrustedRoot;
  readonly expectations: Expectations;
  /** What the bundle must be about: the signed file, or a subject of the statement. Required for signed files. */
  readonly artifact?: Artifact;
  /** Refuses times that lie after it. */
  readonly now?: Date;
  /** A trusted log must hold the signature. Default true. */
  readonly requireTlog?: boolean;
  /** A trusted CT log must hold the certificate. Default true. */
  readonly requireSct?: boolean;
  /** Sources that must vouch for the time of signing. Default 1 for certificates, 0 for keys. */
  readonly timestampThreshold?: number;
}

/** What a bundle proves. */
export type VerifiedContent =
  | { readonly type: 'dsse'; readonly payloadType: string; readonly payload: Uint8Array }
  | { readonly type: 'message-signature'; readonly artifact: Artifact };

/**
 * Proves who signed what, when, and where it is logged, or throws: `verify_…`, `x509_…` for malformed
 * certificates and timestamps, `intoto_…` when `artifact` is sought in a malformed statement.
 */
export function verifyBundle(bundle: Bundle, options: VerifyOptions): Verified<VerifiedContent> {
  const content = signedContentOf(bundle, options.artifact);
  const facts = verifySigning(bundle, content, options);
  if (!content.envelope) {
    return new Verified({ type: 'message-signature', artifact: content.signed }, facts);
  }
  const { payloadType, payload } = content.envelope;
  if (options.artifact !== undefined) checkSubject(readStatement(bundle), options.artifact);
  return new Verified({ type: 'dsse', payloadType, payload }, facts);
}

export interface VerifiedStatement {
  readonly statement: Verified<Statement>;
  /** SHA-256 of the payload: the identity of the statement. */
  readonly payloadDigest: Digest;
}

/** The same for a bundle that must hold an in-toto statement. Throws also `verify_not_a_statement`, `intoto_…`. */
export function verifyStatementBundle(bundle: Bundle, options: VerifyOptions): VerifiedStatement {
  const content = signedContentOf(bundle, options.artifact);
  const facts = verifySigning(bundle, content, options);
  const statement = readStatement(bundle);
  if (options.artifact !== undefined) checkSubject(statement, options.artifact);
  return {
    statement: new Verified(statement, facts),
    payloadDigest: digestOf((content.envelope as NonNullable<typeof content.envelope>).payload),
  };
}

/** The recipe. Each step throws; what is returned has passed all of them. */
function verifySigning(bundle: Bundle, content: SignedContent, options: VerifyOptions): SigningFacts {
  const material = signerMaterial(bundle, options.expectations);
  const logProofs = proveLogEntries(bundle, content, material, options);
  const times = proveTimes(bundle, content, logProofs, options);
  const signer = verifySigner(material, times, options);
  checkLogTimes(logProofs, times);
  checkSignature(content, signer.type === 'key' ? signer.publicKey : signer.certificate.publicKey);
  return { signer, signedAt: earliest(times), logged: logProofs[0] ? receiptOf(logProofs[0]) : null };
}

type Material = SignerMaterial &
  (
    | { readonly type: 'certificate'; readonly parsed: Certificate }
    | { readonly type: 'key'; readonly publicKey: KeyObject }
  );

function signerMaterial(bundle: Bundle, expected: Expectations): Material {
  const material = bundle.verificationMaterial;
  if (material.type === 'public-key') {
    if (expected.type !== 'key') {
      throw verifyError(
        'verify_key_unknown',
        'the bundle is signed by a key: hand over the public key to verify it',
      );
    }
    const { publicKey } = expected;
    return { type: 'key', publicKey, certificate: null, spki: spkiOf(publicKey) };
  }
  const der = material.type === 'certificate' ? material.der : material.certificates[0];
  const parsed = parseCertificate(der);
  return { type: 'certificate', parsed, certificate: der, spki: parsed.spki };
}

function proveLogEntries(
  bundle: Bundle,
  content: SignedContent,
  material: Material,
  { trustedRoot, requireTlog = true }: VerifyOptions,
): readonly LogProof[] {
  const proofs: LogProof[] = [];
  for (const entry of bundle.tlogEntries) {
    const proof = proveLogEntry(entry, trustedRoot);
    if (!proof) continue;
    checkEntryBody(entry, content, material);
    proofs.push(proof);
  }
  if (requireTlog && proofs.length === 0) {
    throw verifyError(
      'verify_not_logged',
      bundle.tlogEntries.length === 0
        ? 'the bundle has no log entry'
        : 'no log that the trusted root names holds the signature',
    );
  }
  return proofs;
}

function proveTimes(
  bundle: Bundle,
  content: SignedContent,
  logProofs: readonly LogProof[],
  options: VerifyOptions,
): readonly ProvenTime[] {
  const stamped = proveTimestamps(bundle.timestamps, content.signature, options.trustedRoot);
  const logged = logProofs.flatMap(({ integratedTime, log }) =>
    integratedTime ? [{ at: integratedTime, source: log }] : [],
  );
  const times = [...stamped.times, ...logged];
  const threshold = options.timestampThreshold ?? (bundle.verificationMaterial.type === 'public-key' ? 0 : 1);
  checkTimes(times, { threshold, now: options.now, refusals: stamped.refusals });
  return times;
}

function verifySigner(material: Material, times: readonly ProvenTime[], options: VerifyOptions): Signer {
  if (material.type === 'key') return { type: 'key', publicKey: material.publicKey };
  const { trustedRoot, expectations, requireSct = true } = options;
  // Without any proven time a certificate of ten minutes proves nothing, whatever the threshold says.
  if (times.length === 0) throw verifyError('verify_timestamp', 'nobody vouches for the time of signing');
  const issuer = checkCertificate(
    material.parsed,
    trustedRoot,
    times.map(({ at }) => at),
  );
  if (requireSct) checkScts(material.parsed, issuer, trustedRoot);
  return checkIdentity(material.parsed, expectations);
}

// A log that states no time of its own counts only if it was trusted at a time that others prove.
function checkLogTimes(logProofs: readonly LogProof[], times: readonly ProvenTime[]): void {
  for (const { integratedTime, log, origin } of logProofs) {
    if (integratedTime || times.length === 0 || times.some(({ at }) => isWithin(log.validFor, at))) continue;
    throw verifyError('verify_log_entry', `the log ${origin} was not trusted at the time of signing`);
  }
}

function earliest(times: readonly ProvenTime[]): Date | null {
  return times.length === 0 ? null : new Date(Math.min(...times.map(({ at }) => at.getTime())));
}

function receiptOf({ origin, logIndex }: LogProof) {
  return { origin, logIndex };
}

function readStatement({ content }: Bundle): Statement {
  return statementIn(content.type === 'dsse' ? content.envelope : null);
}
