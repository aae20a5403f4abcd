import type { Signed } from '@waybill/core/bundle';
import type { KeyObject } from '@waybill/core/crypto';
import type { Envelope } from '@waybill/core/dsse';
import {
  parseStatement,
  parseVsaPredicate,
  type Statement,
  VSA_PREDICATE_TYPE,
  type VsaPredicate,
} from '@waybill/core/intoto';
import type { TrustedRoot } from '@waybill/core/trust';
import {
  type Artifact,
  type Expectations,
  type Verified,
  type VerifiedContent,
  verifyBundle,
  verifyEnvelope,
} from '@waybill/core/verify';
import { cliError } from './exit.ts';
import { expectationsOf, publicKeyIn, trustedRootFor, verifying } from './expectations.ts';
import type { Session } from './session.ts';

interface SignerOptions {
  readonly 'certificate-identity': string | undefined;
  readonly 'certificate-oidc-issuer': string | undefined;
  readonly key: readonly string[];
  readonly threshold: string | undefined;
  readonly 'no-log': boolean;
  readonly 'trusted-root': string | undefined;
}

export interface ExpectedSigners {
  /** Of a bundle: the one key, or the identity. */
  readonly expectations: Expectations;
  readonly keys: readonly { readonly file: string; readonly publicKey: KeyObject }[];
  /** null: every key. */
  readonly threshold: number | null;
  readonly requireTlog: boolean;
  readonly trustedRootFile: string | undefined;
}

export interface Proven {
  readonly verified: Verified<VerifiedContent>;
  /** Null for a plain signature over an artifact. */
  readonly statement: Statement | null;
  /** Null for every other kind of statement. */
  readonly vsa: VsaPredicate | null;
  /** Of an envelope that stands alone, who made each signature; null for a bundle, which has one. */
  readonly signatures: readonly { readonly keyId: string; readonly key: string | null }[] | null;
}

/** Who must have signed. Throws `usage_…`: nobody is expected by default. */
export async function expectedSigners(session: Session, options: SignerOptions): Promise<ExpectedSigners> {
  const { key: files } = options;
  const expectations = await expectationsOf(session, { ...options, key: files[0] });
  if (!expectations) {
    throw cliError(
      'usage_missing',
      'say who must have signed: --certificate-identity with --certificate-oidc-issuer, or --key',
    );
  }
  if (options['no-log'] && expectations.type !== 'key') {
    throw cliError('usage_invalid', '--no-log goes with --key: an identity is proven by what logs hold');
  }
  const keys = await Promise.all(
    files.map(async (file) => ({ file, publicKey: await publicKeyIn(session, file) })),
  );
  return {
    expectations,
    keys,
    threshold: thresholdOf(options.threshold, keys.length),
    requireTlog: !options['no-log'],
    trustedRootFile: options['trusted-root'],
  };
}

function thresholdOf(text: string | undefined, keys: number): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= keys) return Number(text);
  throw cliError(
    'usage_invalid',
    `--threshold: expected a number from 1 to that of the keys (${keys}), found ${JSON.stringify(text)}`,
  );
}

/** Throws `not_verified`, or `usage_…` when what is expected does not go with what was read. */
export async function prove(
  session: Session,
  name: string,
  given: {
    readonly signed: Signed;
    readonly expected: ExpectedSigners;
    readonly artifact: Artifact | undefined;
  },
): Promise<Proven> {
  const { signed, expected } = given;
  const about = given.artifact === undefined ? {} : { artifact: given.artifact };
  if (signed.type === 'envelope') {
    return verifying(name, () => proveEnvelope(signed.envelope, expected, about));
  }
  if (expected.keys.length > 1 || expected.threshold !== null) {
    throw cliError('usage_invalid', `${name} is a bundle, which has one signature: give one --key`);
  }
  const { expectations, requireTlog } = expected;
  const trustedRoot = await rootFor(session, expected);
  return verifying(name, () => {
    const options = { trustedRoot, expectations, requireTlog, now: new Date(), ...about };
    return { ...contentOf(verifyBundle(signed.bundle, options)), signatures: null };
  });
}

const NO_TRUST: TrustedRoot = {
  tlogs: [],
  ctlogs: [],
  certificateAuthorities: [],
  timestampAuthorities: [],
};

/** A key without a log needs nobody else's word, so none is asked for. */
async function rootFor(session: Session, expected: ExpectedSigners): Promise<TrustedRoot> {
  const { requireTlog, trustedRootFile } = expected;
  if (!requireTlog && trustedRootFile === undefined) return NO_TRUST;
  return trustedRootFor(session, trustedRootFile);
}

function proveEnvelope(
  envelope: Envelope,
  { keys, threshold, requireTlog }: ExpectedSigners,
  about: { readonly artifact?: Artifact },
): Proven {
  if (keys.length === 0) {
    throw cliError('usage_missing', 'a DSSE envelope names no certificate: give its signers with --key');
  }
  if (requireTlog) {
    throw cliError(
      'usage_missing',
      'a DSSE envelope has no log entry and no time: say --no-log to take it all the same',
    );
  }
  const { proofs, signedBy } = verifyEnvelope(envelope, {
    publicKeys: keys.map(({ publicKey }) => publicKey),
    threshold: threshold ?? keys.length,
    ...about,
  });
  const signatures = envelope.signatures.map(({ keyId }, index) => {
    const by = signedBy[index] ?? null;
    return { keyId, key: by === null ? null : (keys[by]?.file ?? null) };
  });
  return { ...contentOf(proofs[0]), signatures };
}

function contentOf(verified: Verified<VerifiedContent>): Omit<Proven, 'signatures'> {
  const { value: content } = verified;
  const statement = content.type === 'dsse' ? parseStatement(content.payload).claimed : null;
  const vsa = statement?.predicateType === VSA_PREDICATE_TYPE ? parseVsaPredicate(statement.predicate) : null;
  return { verified, statement, vsa };
}
