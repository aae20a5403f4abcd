import { messageOf } from '@waybill/core';
import { serialFrom } from '@waybill/core/x509';
import type { Threads } from '../ground/index.ts';
import type { EntryFacts, PrecertificateEntry } from '../tlog/index.ts';
import type { Authorities } from './authorities.ts';
import type { TrustDeps } from './deps.ts';
import { trustError } from './errors.ts';
import { requireBegun } from './require-begun.ts';
import { requireBelievedClock } from './require-believed-clock.ts';
import type { PrecertificateOrder, SigningTasks } from './sign-tasks.ts';

const LIFETIME_MS = 10 * 60_000;

export type CertificateOrder = Pick<PrecertificateOrder, 'key' | 'identity' | 'extensions'>;

export interface IssuedCertificate {
  /** DER. */
  readonly leaf: Uint8Array;
  /** DER: leaf, intermediate, root. */
  readonly chain: readonly Uint8Array[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface IssueDeps
  extends Pick<TrustDeps, 'clock' | 'clockDoubt' | 'metrics' | 'tlog' | 'randomBytes'> {
  readonly authorities: Authorities;
  readonly signers: Threads<SigningTasks>;
}

/** Whose certificate or timestamp it is, for the figures. */
export type Holder = 'client' | 'server';

/**
 * A ten-minute signing certificate with an embedded SCT. The CT entry is durable before the SCT leaves:
 * a certificate that no log shows cannot exist. Throws `trust_ct_unavailable`,
 * `trust_authority_expired`, `trust_clock_behind`, `trust_clock_doubted`, and for a key that has to prove itself
 * what `provenKey` throws.
 */
export async function issueCertificate(
  deps: IssueDeps,
  order: CertificateOrder,
  holder: Holder = 'client',
): Promise<IssuedCertificate> {
  const authority = deps.authorities.certificate;
  const now = deps.clock();
  const notAfter = new Date(now.getTime() + LIFETIME_MS);
  requireBelievedClock(deps, now);
  requireBegun(authority, now);
  checkLifetime(authority.validUntil, notAfter);
  const frame = { serial: serialFrom(deps.randomBytes(20)), notBefore: now, notAfter };
  const { tbs, ...entry } = await deps.signers.run('precertificate', { ...order, ...frame });
  const facts = { signer: order.identity.value, issuer: order.extensions.issuer };
  const sct = await logInCt(deps, entry, facts);
  const leaf = await deps.signers.run('certificate', { tbs, sct });
  deps.metrics.certificates.add({ holder });
  return Object.freeze({ leaf, chain: [leaf, ...authority.chain], notBefore: now, notAfter });
}

async function logInCt(
  { tlog }: IssueDeps,
  entry: PrecertificateEntry,
  facts: EntryFacts,
): Promise<Uint8Array> {
  try {
    return await tlog.logPrecertificate(entry, facts);
  } catch (cause) {
    throw trustError(
      'trust_ct_unavailable',
      `No certificate: the certificate transparency log did not take the entry (${messageOf(cause)}). Try again.`,
      { cause },
    );
  }
}

function checkLifetime(authorityEnds: Date, notAfter: Date): void {
  if (authorityEnds >= notAfter) return;
  throw trustError(
    'trust_authority_expired',
    `No certificate: the certificate authority ends at ${authorityEnds.toISOString()}, the certificate would ` +
      `outlive it (${notAfter.toISOString()}).`,
  );
}
