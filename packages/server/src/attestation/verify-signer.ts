import type { Signer as StatedSigner } from '@waybill/api';
import { CodedError } from '@waybill/core';
import type { Bundle } from '@waybill/core/bundle';
import { publicKeyFrom } from '@waybill/core/crypto';
import { parseRunPredicate, type RunPredicate, type Statement } from '@waybill/core/intoto';
import type { HashedRekord } from '@waybill/core/tlog';
import { takeOver, type Verified, verifyStatementBundle } from '@waybill/core/verify';
import { parseCertificate } from '@waybill/core/x509';
import { endOfKey, type KeyRow, keysOf } from '../identity/index.ts';
import type { AttestationDeps } from './deps.ts';
import { attestationError } from './errors.ts';
import type { Examined } from './examine.ts';
import type { Evidence } from './parse-evidence.ts';
import { rekordOf } from './rekord-of.ts';

/** Evidence whose signature and signer are proven. What the statement says is still the signer's word. */
export interface SignedEvidence extends Proof {
  readonly bundle: Bundle;
  readonly payloadDigest: Evidence['payloadDigest'];
}

interface Proof {
  readonly statement: Verified<Statement>;
  readonly predicate: RunPredicate;
  readonly signer: StatedSigner;
  readonly rekord: HashedRekord;
}

/**
 * Step `signer`: proves who signed. Keyless: a certificate of our own authority, valid at the time that our own
 * timestamp authority vouches for. By key: one that the organisation has registered.
 * Throws `attestation_signer_unverified`, and whatever verification says is wrong.
 */
export async function verifySigner(
  deps: AttestationDeps,
  orgId: string,
  { evidence, signer }: Examined,
): Promise<SignedEvidence> {
  const { bundle, payloadDigest } = evidence;
  if (signer.type === 'refused') {
    const { code, message, detail } = signer.error;
    throw new CodedError(code, message, { detail });
  }
  const proof = signer.type === 'key' ? await verifyByKey(deps, orgId, bundle) : provenElsewhere(signer);
  if (proof.signer.type === 'certificate') {
    await requireListed(deps, orgId, { issuer: proof.signer.issuer, bundle });
  }
  return { bundle, payloadDigest, ...proof };
}

function provenElsewhere(proven: Extract<Examined['signer'], { readonly type: 'proven' }>): Proof {
  const statement = takeOver(proven.statement);
  if (statement.signer.type !== 'certificate') throw new TypeError('a key is never proven there');
  const { issuer, subject } = statement.signer;
  const { predicate, rekord } = proven;
  return { statement, predicate, rekord, signer: { type: 'certificate', issuer, subject } };
}

/**
 * The certificate authority serves every organisation. An identity counts for one that lists its issuer itself, from
 * then on: a certificate from before may have been made while somebody else gave the issuer another meaning.
 */
async function requireListed(
  { trust }: AttestationDeps,
  orgId: string,
  { issuer, bundle }: { readonly issuer: string; readonly bundle: Bundle },
): Promise<void> {
  const since = await trust.listedSince(orgId, issuer);
  const material = bundle.verificationMaterial;
  const begun = material.type === 'certificate' ? parseCertificate(material.der).notBefore : undefined;
  if (since && begun && begun.getTime() >= Math.floor(since.getTime() / 1000) * 1000) return;
  throw attestationError(
    'attestation_signer_unverified',
    since
      ? `the certificate is older than this organisation's listing of the issuer ${issuer}: sign again`
      : `this organisation does not list the issuer ${issuer}: \`waybill issuer add\` does`,
  );
}

/** The hint in a bundle is not signed, so it is no more than the order in which keys are tried. */
async function verifyByKey(deps: AttestationDeps, orgId: string, bundle: Bundle): Promise<Proof> {
  const keys = await deps.db.withOrg(orgId, keysOf);
  for (const key of keys) {
    const statement = provenBy(deps, bundle, key);
    if (statement) {
      requireInTime(key, statement.signedAt, deps.clock());
      const { name, fingerprint, reference } = key;
      return {
        statement,
        predicate: parseRunPredicate(statement.value.predicate),
        signer: { type: 'key', name, fingerprint, ...(reference === null ? {} : { reference }) },
        rekord: rekordOf(bundle, statement.signer),
      };
    }
  }
  throw attestationError(
    'attestation_signer_unverified',
    keys.length === 0
      ? 'the bundle is signed by a key, and this organisation has registered none: `waybill key add NAME --public-key FILE`'
      : `the signature is by none of the ${keys.length} registered keys (${keys.map((key) => key.name).join(', ')}): sign with one of them, or register the key with \`waybill key add\``,
  );
}

/**
 * A key that has ended proves what somebody vouches was signed before. The time is that of our own timestamp authority;
 * without one it is now.
 */
function requireInTime(key: KeyRow, signedAt: Date | null, now: Date): void {
  const end = endOfKey(key);
  if (end === null || (end.at !== null && (signedAt ?? now).getTime() < end.at.getTime())) return;
  const when = signedAt === null ? 'no timestamp says when' : `it was signed at ${signedAt.toISOString()}`;
  throw attestationError(
    'attestation_signer_unverified',
    `the signature is by the key ${key.name} (${key.fingerprint}), which ${end.what}, and ${when}: sign with the key that \`waybill key list\` shows as valid`,
  );
}

function provenBy(deps: AttestationDeps, bundle: Bundle, key: KeyRow): Verified<Statement> | null {
  try {
    return verifyStatementBundle(bundle, {
      trustedRoot: deps.trust.trustedRoot(),
      expectations: { type: 'key', publicKey: publicKeyFrom(key.publicKey) },
      requireTlog: false,
      timestampThreshold: 0,
    }).statement;
  } catch (error) {
    // Another key may still fit; a fault of the program is not "does not fit".
    if (error instanceof CodedError) return null;
    throw error;
  }
}
