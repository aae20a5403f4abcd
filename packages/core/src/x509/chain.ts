import { quoted } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import { type Certificate, verifyIssuedBy } from './certificate.ts';
import { EKU, OID } from './oids.ts';

export interface ChainOptions {
  /** The moments, at least one, at each of which every certificate of the chain must be valid. */
  readonly at: Date | readonly Date[];
  /** OID that the leaf must carry and every CA certificate with an extended key usage must allow. */
  readonly requiredEku: string;
}

/** Critical extensions whose meaning is applied here; any other critical one is refused (RFC 5280 §4.2). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.keyUsage,
  OID.subjectAlternativeName,
  OID.basicConstraints,
  OID.extendedKeyUsage,
  // Nobody here asks for a policy, so any policy will do (RFC 5280 §6.1.1 any-policy).
  OID.certificatePolicies,
]);

const MAX_CHAIN_LENGTH = 8;
const MAX_SIGNATURE_CHECKS = 64;

/**
 * Finds and proves a path from `leaf` over `intermediates` to one of `roots` (RFC 5280 §6.1, the parts that
 * code signing uses): signatures, names byte by byte, validity, CA and path length, key usage, extended key
 * usage, critical extensions. A root is trusted because it is handed over; its validity still counts.
 * Returns the path, leaf first, root last. Throws `x509_chain`.
 */
export function verifyChain(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  roots: readonly Certificate[],
  options: ChainOptions,
): readonly Certificate[] {
  if (!(options.at instanceof Date) && options.at.length === 0)
    throw chainFault(leaf, 'no time of use is known');
  checkLeaf(leaf, options);
  const search = { intermediates, roots, options, checksLeft: MAX_SIGNATURE_CHECKS, refusal: undefined };
  const path = extendPath([leaf], search);
  if (path) return path;
  throw (
    search.refusal ??
    chainFault(
      leaf,
      `no trusted issuer signed it (its issuer is ${quoted(leaf.issuerText)}); the trusted root lacks it`,
    )
  );
}

interface Search {
  readonly intermediates: readonly Certificate[];
  readonly roots: readonly Certificate[];
  readonly options: ChainOptions;
  checksLeft: number;
  refusal: CodedError | undefined;
}

function extendPath(path: readonly Certificate[], search: Search): readonly Certificate[] | undefined {
  const last = path.at(-1) as Certificate;
  for (const root of search.roots) {
    if (isIssuer(root, path, search)) return [...path, root];
  }
  if (path.length >= MAX_CHAIN_LENGTH) return undefined;
  for (const candidate of search.intermediates) {
    if (path.includes(candidate) || Buffer.compare(candidate.der, last.der) === 0) continue;
    if (!isIssuer(candidate, path, search)) continue;
    const found = extendPath([...path, candidate], search);
    if (found) return found;
  }
  return undefined;
}

// A pure function's memory: the authorities of a trusted root are checked against each other once, not for every
// bundle. Keyed by the parsed objects, which are frozen; forgotten with them.
const known = new WeakMap<Certificate, WeakMap<Certificate, boolean>>();

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const answers = known.get(certificate) ?? new WeakMap<Certificate, boolean>();
  known.set(certificate, answers);
  const answer = answers.get(issuer) ?? verifyIssuedBy(certificate, issuer);
  answers.set(issuer, answer);
  return answer;
}

function isIssuer(candidate: Certificate, path: readonly Certificate[], search: Search): boolean {
  const last = path.at(-1) as Certificate;
  if (Buffer.compare(last.issuer, candidate.subject) !== 0) return false;
  if (search.checksLeft-- <= 0 || !isIssuedBy(last, candidate)) return false;
  try {
    checkIssuer(candidate, path, search.options);
    return true;
  } catch (error) {
    search.refusal = error as CodedError;
    return false;
  }
}

function checkLeaf(leaf: Certificate, options: ChainOptions): void {
  checkCommon(leaf, options);
  if (leaf.isCa) throw chainFault(leaf, 'it is a CA certificate and cannot be a signer');
  if (leaf.keyUsage && !leaf.keyUsage.has('digitalSignature')) {
    throw chainFault(leaf, 'its key usage does not allow signatures');
  }
  if (!leaf.extendedKeyUsage?.includes(options.requiredEku)) {
    throw chainFault(leaf, `expected the extended key usage ${options.requiredEku}`);
  }
}

function checkIssuer(issuer: Certificate, below: readonly Certificate[], options: ChainOptions): void {
  checkCommon(issuer, options);
  // RFC 5280 §6.1.4 (k), (n), (l)
  if (!issuer.isCa) throw chainFault(issuer, 'it is not a CA certificate but issued one');
  if (issuer.keyUsage && !issuer.keyUsage.has('keyCertSign')) {
    throw chainFault(issuer, 'its key usage does not allow it to sign certificates');
  }
  // The leaf and self-issued certificates do not count towards the path length.
  const counted = below.slice(1).filter((cert) => Buffer.compare(cert.subject, cert.issuer) !== 0).length;
  if (issuer.pathLength !== null && counted > issuer.pathLength) {
    throw chainFault(issuer, `its path length ${issuer.pathLength} is exceeded`);
  }
  const ekus = issuer.extendedKeyUsage;
  if (ekus && !ekus.includes(options.requiredEku) && !ekus.includes(EKU.any)) {
    throw chainFault(issuer, `its extended key usage does not allow ${options.requiredEku}`);
  }
}

function checkCommon(certificate: Certificate, { at }: ChainOptions): void {
  for (const moment of at instanceof Date ? [at] : at) {
    if (isValidAt(certificate, moment)) continue;
    throw chainFault(
      certificate,
      `it is valid from ${certificate.notBefore.toISOString()} to ${certificate.notAfter.toISOString()}, ` +
        `but was used at ${moment.toISOString()}`,
    );
  }
  for (const [oid, { critical }] of certificate.extensions) {
    if (critical && !UNDERSTOOD.has(oid))
      throw chainFault(certificate, `the critical extension ${oid} is not understood`);
  }
}

/** Both ends are part of the validity (RFC 5280 §4.1.2.5); fractions of the last second too. */
export function isValidAt(certificate: Certificate, at: Date): boolean {
  const second = Math.floor(at.getTime() / 1000) * 1000;
  return second >= certificate.notBefore.getTime() && second <= certificate.notAfter.getTime();
}

function chainFault(certificate: Certificate, problem: string): CodedError<'x509_chain'> {
  const name =
    certificate.subjectText || certificate.subjectAlternativeNames[0]?.value || certificate.serialNumber;
  return new CodedError('x509_chain', `certificate ${quoted(name)} refused: ${problem}`);
}
