import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { messageOf } from '@waybill/core';
import { equalBytes } from '@waybill/core/bytes';
import { spkiOf } from '@waybill/core/crypto';
import { digestOf } from '@waybill/core/digest';
import { issuerFrom } from '@waybill/core/x509';
import { type Seal, type Tx, writeAudit } from '../ground/index.ts';
import type { TrustDeps } from './deps.ts';
import { trustError } from './errors.ts';
import { makeCertificateAuthority, makeTimestampAuthority, type NewAuthority } from './make-authority.ts';
import {
  type AuthorityKind,
  type AuthorityRow,
  insertAuthority,
  listAuthorities,
  lockAuthorities,
} from './queries.ts';
import type { SigningKeys } from './sign-tasks.ts';

/** The public side, as the trusted root shows it. */
export interface AuthorityFacts {
  readonly kind: AuthorityKind;
  /** DER, signing certificate first, root last. */
  readonly chain: readonly Uint8Array[];
  readonly publicKey: Uint8Array;
  readonly validFrom: Date;
  readonly validUntil: Date;
}

/** The authorities that sign now, and all that ever did. Private keys stay in this process. */
export interface Authorities {
  readonly certificate: AuthorityFacts & { readonly privateKey: KeyObject };
  readonly timestamp: AuthorityFacts & { readonly privateKey: KeyObject };
  readonly all: readonly AuthorityFacts[];
}

type OpenDeps = Pick<TrustDeps, 'db' | 'seal' | 'clock' | 'publicUrl' | 'randomBytes' | 'caKey'>;

/**
 * Loads the authorities; makes those that are missing, which is all of them on the first start.
 * Throws `trust_authority_unreadable` when a row does not open under the master key.
 */
export async function openAuthorities(deps: OpenDeps): Promise<Authorities> {
  const rows = await deps.db.asSystem(async (tx) => {
    await lockAuthorities(tx);
    const present = await listAuthorities(tx);
    const made = await makeMissing(deps, tx, present);
    return [...made, ...present];
  });
  const opened = rows.map((row) => ({ row, privateKey: openKey(deps.seal, row) }));
  const newest = (kind: AuthorityKind) => {
    const found = opened.find(({ row }) => row.kind === kind);
    if (!found) throw trustError('trust_authority_unreadable', `no ${kind} is stored`);
    return found;
  };
  return Object.freeze({
    certificate: authorityOf(newest('certificate-authority')),
    timestamp: authorityOf(newest('timestamp-authority')),
    all: rows.map(factsOf),
  });
}

interface Opened {
  readonly row: AuthorityRow;
  readonly privateKey: KeyObject;
}

function authorityOf({ row, privateKey }: Opened): Authorities['certificate'] {
  return { ...factsOf(row), privateKey };
}

/** What those who sign need, see `sign-tasks.ts`. Throws `trust_authority_unreadable`, and `x509_…` for a chain that is none. */
export function signingKeysOf({ certificate, timestamp }: Authorities): SigningKeys {
  return {
    certificate: {
      issuer: issuerFrom(signingCertificate(certificate), certificate.privateKey),
      publicKey: createPublicKey(certificate.privateKey),
    },
    timestamp: { privateKey: timestamp.privateKey, certificate: signingCertificate(timestamp) },
  };
}

function signingCertificate({ kind, chain }: AuthorityFacts): Uint8Array {
  const [first] = chain;
  if (first === undefined) throw trustError('trust_authority_unreadable', `${kind}: its chain is empty`);
  return first;
}

function factsOf(row: AuthorityRow): AuthorityFacts {
  const { kind, chain, publicKey, validFrom, validUntil } = row;
  return Object.freeze({ kind, chain, publicKey, validFrom, validUntil });
}

const MAKERS: Readonly<Record<AuthorityKind, typeof makeTimestampAuthority>> = {
  'certificate-authority': makeCertificateAuthority,
  'timestamp-authority': makeTimestampAuthority,
};

async function makeMissing(
  deps: OpenDeps,
  tx: Tx,
  present: readonly AuthorityRow[],
): Promise<readonly AuthorityRow[]> {
  // RFC 5280 allows 64 characters; a host name may have 253.
  const organization = new URL(deps.publicUrl).hostname.slice(0, 64);
  const now = deps.clock();
  const made: AuthorityRow[] = [];
  for (const [kind, make] of Object.entries(MAKERS)) {
    if (present.some((row) => row.kind === kind)) continue;
    const row = sealed(
      deps.seal,
      make({ organization, now, caKey: deps.caKey, randomBytes: deps.randomBytes }),
    );
    await insertAuthority(tx, row, now);
    await writeAudit(tx, {
      orgId: null,
      actor: 'system',
      action: 'trust.make-authority',
      target: `${kind}:${digestOf(row.publicKey)}`,
      outcome: 'ok',
    });
    made.push(row);
  }
  return made;
}

function sealed(seal: Seal, fresh: NewAuthority): AuthorityRow {
  const { privateKey, rootPrivateKey, ...facts } = fresh;
  const close = (key: KeyObject, role: KeyRole) =>
    seal.seal(key.export({ format: 'der', type: 'pkcs8' }), purposeOf(facts, role));
  return {
    ...facts,
    sealedKey: close(privateKey, 'signer'),
    sealedRootKey: close(rootPrivateKey, 'root'),
  };
}

function openKey(seal: Seal, row: AuthorityRow): KeyObject {
  try {
    const pkcs8 = Buffer.from(seal.open(row.sealedKey, purposeOf(row, 'signer')));
    const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
    if (!equalBytes(spkiOf(createPublicKey(privateKey)), row.publicKey)) {
      throw new Error('the private key does not belong to the public one');
    }
    return privateKey;
  } catch (cause) {
    throw trustError(
      'trust_authority_unreadable',
      `The key of the ${row.kind} ${digestOf(row.publicKey)} cannot be opened (${messageOf(cause)}). ` +
        'Start with the master key under which this data was created.',
      { cause },
    );
  }
}

type KeyRole = 'signer' | 'root';

/** Binds a sealed key to all that the trusted root will say about it: none of it can be swapped alone. */
function purposeOf(facts: AuthorityFacts, role: KeyRole): string {
  const certificates = facts.chain.map((der) => digestOf(der)).join(' ');
  return `trust ${role} ${facts.kind} ${digestOf(facts.publicKey)} ${facts.validFrom.toISOString()} ${facts.validUntil.toISOString()} ${certificates}`;
}
