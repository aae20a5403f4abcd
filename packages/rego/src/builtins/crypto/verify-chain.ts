/** x509.Certificate.Verify for one root, some intermediates and a leaf. */
import { addressText } from '../go/ip.ts';
import { parseUrl, UrlError } from '../go/url.ts';
import type { Certificate } from './certificate.ts';
import { bytesOfInteger, type Cryptography, concatBytes, equalBytes, FIELD_BYTES } from './cryptography.ts';
import { DerError, DerReader } from './der.ts';
import { addressOf, extendedUsageNumber } from './describe.ts';
import type { AlternativeNames, KnownExtensions } from './extensions.ts';
import { signatureScheme } from './signature-algorithm.ts';

export interface ChainOptions {
  readonly cryptography: Cryptography;
  /** Seconds since 1970. */
  readonly now: number;
  readonly dnsName: string;
  /** Numbers of x509.ExtKeyUsage, one of which the chain must allow; none given means to serve TLS. */
  readonly keyUsages: readonly number[];
  /** Counts each signature that is checked. */
  readonly spend: (steps: number) => void;
}

const KEY_CERT_SIGN = 1 << 5;
const SERVER_AUTH = 1;
const ANY_USAGE = 0;
const STEPS_PER_SIGNATURE = 1000;

/** A certificate and what its extensions say. */
interface Link {
  readonly certificate: Certificate;
  readonly known: KnownExtensions;
}

/** The first certificate is the root, the last one the leaf. From leaf to root; `undefined` where none verifies. */
export function verifyChain(
  certificates: readonly Certificate[],
  options: ChainOptions,
): Certificate[] | undefined {
  const links = certificates.map((certificate): Link => ({ certificate, known: certificate.known }));
  const [root, ...others] = links;
  const leaf = others.pop();
  if (root === undefined || leaf === undefined) return undefined;
  if (!isTimely(leaf, options) || leaf.known.unhandledCritical.length > 0) return undefined;
  if (options.dnsName !== '' && !hasHost(leaf.known.alternativeNames, options.dnsName)) return undefined;
  if (equalBytes(leaf.certificate.raw, root.certificate.raw)) return [leaf.certificate];
  const chain = extend([leaf], { root, intermediates: others }, options);
  return chain?.map(({ certificate }) => certificate);
}

interface Pool {
  readonly root: Link;
  readonly intermediates: readonly Link[];
}

function extend(chain: readonly Link[], pool: Pool, options: ChainOptions): readonly Link[] | undefined {
  const last = chain.at(-1);
  if (last === undefined) return undefined;
  const withRoot = [...chain, pool.root];
  if (isIssuedBy(last, pool.root, chain, options) && allowsUsage(withRoot, options.keyUsages))
    return withRoot;
  for (const next of pool.intermediates) {
    options.spend(chain.length);
    if (chain.includes(next) || !isIssuedBy(last, next, chain, options)) continue;
    const found = extend([...chain, next], pool, options);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isTimely({ certificate }: Link, { now }: ChainOptions): boolean {
  return now >= certificate.notBefore && now <= certificate.notAfter;
}

function isIssuedBy(child: Link, issuer: Link, below: readonly Link[], options: ChainOptions): boolean {
  const { certificate, known } = issuer;
  const constraints = known.basicConstraints;
  const isAuthority = certificate.version < 3 ? constraints === undefined : constraints?.isCa === true;
  if (!equalBytes(child.certificate.rawIssuer, certificate.rawSubject) || !isAuthority) return false;
  if (!isTimely(issuer, options) || known.unhandledCritical.length > 0) return false;
  if (known.keyUsage !== 0 && (known.keyUsage & KEY_CERT_SIGN) === 0) return false;
  // The leaf does not count, nor do those that issued themselves: RFC 5280 §4.2.1.9.
  const between = below.slice(1).filter((link) => !isSelfIssued(link)).length;
  if (constraints?.maxPathLength !== undefined && between > constraints.maxPathLength) return false;
  options.spend(below.reduce((sum, link) => sum + comparisons(link.known.alternativeNames, known), 0));
  if (!below.every((link) => isWithin(link.known.alternativeNames, known))) return false;
  return isSigned(child, issuer, options);
}

function isSelfIssued({ certificate }: Link): boolean {
  return equalBytes(certificate.rawIssuer, certificate.rawSubject);
}

function isSigned({ certificate }: Link, issuer: Link, { cryptography, spend }: ChainOptions): boolean {
  const scheme = signatureScheme(certificate);
  const key = issuer.certificate.publicKey;
  if (scheme === undefined || key === undefined) return false;
  spend(STEPS_PER_SIGNATURE);
  const signature =
    scheme.type === 'ecdsa' && key.type === 'ec'
      ? plainSignature(certificate.signature, FIELD_BYTES[key.curve])
      : certificate.signature;
  return signature !== undefined && cryptography.verify(scheme, key, certificate.rawToBeSigned, signature);
}

/** Certificates hold the two numbers of an ECDSA signature in DER. */
function plainSignature(der: Uint8Array, size: number): Uint8Array | undefined {
  try {
    const numbers = DerReader.of(der);
    const [r, s] = [numbers.integer(), numbers.integer()];
    const limit = 1n << BigInt(size * 8);
    if (r < 0n || s < 0n || r >= limit || s >= limit || !numbers.isAtEnd) return undefined;
    return concatBytes([bytesOfInteger(r, size), bytesOfInteger(s, size)]);
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

/** One of the wanted usages must be allowed by each certificate that names usages. */
function allowsUsage(chain: readonly Link[], wanted: readonly number[]): boolean {
  const usages = wanted.length === 0 ? [SERVER_AUTH] : wanted;
  if (usages.includes(ANY_USAGE)) return true;
  return usages.some((usage) =>
    chain.every(({ known }) => {
      const allowed = known.extKeyUsage?.map(extendedUsageNumber);
      return allowed === undefined || allowed.includes(ANY_USAGE) || allowed.includes(usage);
    }),
  );
}

/** RFC 6125: one star may stand for the first label. */
function hasHost(names: AlternativeNames, host: string): boolean {
  const literal = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
  if (names.ip.some((bytes) => addressText(addressOf(bytes)) === literal)) return true;
  const labels = host.toLowerCase().replace(/\.$/, '').split('.');
  return names.dns.some((pattern) => {
    const parts = pattern.toLowerCase().replace(/\.$/, '').split('.');
    return (
      parts.length === labels.length &&
      parts.every((part, at) => part === labels[at] || (at === 0 && part === '*' && parts.length > 1))
    );
  });
}

/** At most this many are needed to see whether the names are within the constraints. */
function comparisons(names: AlternativeNames, { nameConstraints }: KnownExtensions): number {
  if (nameConstraints === undefined) return 0;
  const { permitted, excluded } = nameConstraints;
  const kinds = ['dns', 'email', 'uri', 'ip'] as const;
  return kinds.reduce(
    (sum, kind) => sum + names[kind].length * (permitted[kind].length + excluded[kind].length),
    0,
  );
}

/** RFC 5280 §4.2.1.10. */
function isWithin(names: AlternativeNames, { nameConstraints }: KnownExtensions): boolean {
  if (nameConstraints === undefined) return true;
  const { permitted, excluded } = nameConstraints;
  const check = (items: readonly string[], kind: 'dns' | 'email' | 'uri'): boolean =>
    items.every(
      (item) =>
        !excluded[kind].some((base) => isInDomain(kind, item, base)) &&
        (permitted[kind].length === 0 || permitted[kind].some((base) => isInDomain(kind, item, base))),
    );
  return (
    check(names.dns, 'dns') &&
    check(names.email, 'email') &&
    check(names.uri, 'uri') &&
    names.ip.every(
      (address) =>
        !excluded.ip.some((range) => isInRange(address, range)) &&
        (permitted.ip.length === 0 || permitted.ip.some((range) => isInRange(address, range))),
    )
  );
}

function isInDomain(kind: 'dns' | 'email' | 'uri', name: string, base: string): boolean {
  if (base === '') return true;
  const host = hostOf(kind, name).toLowerCase();
  const domain = base.toLowerCase();
  if (kind === 'email' && domain.includes('@')) return name.toLowerCase() === domain;
  if (domain.startsWith('.')) return host.endsWith(domain);
  return host === domain || (kind === 'dns' && host.endsWith(`.${domain}`));
}

function hostOf(kind: 'dns' | 'email' | 'uri', name: string): string {
  if (kind === 'dns') return name;
  if (kind === 'email') return name.slice(name.lastIndexOf('@') + 1);
  try {
    return parseUrl(name).hostname;
  } catch (error) {
    if (error instanceof UrlError) return '';
    throw error;
  }
}

function isInRange(address: Uint8Array, range: Uint8Array): boolean {
  const half = range.length / 2;
  return (
    address.length === half &&
    address.every(
      (byte, at) => (byte & (range[half + at] ?? 0)) === ((range[at] ?? 0) & (range[half + at] ?? 0)),
    )
  );
}
