import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Bundle } from '@waybill/core/bundle';
import { signWith } from '@waybill/core/crypto';
import { IN_TOTO_PAYLOAD_TYPE, pae } from '@waybill/core/dsse';
import { type Certificate, parseCertificate } from '@waybill/core/x509';
import type { TrustDeps } from './deps.ts';
import { type IssueDeps, issueCertificate } from './issue-certificate.ts';
import { timestampSignature } from './timestamp.ts';

/** The identity in the server's own certificates, for whoever verifies its verdicts. */
export function serverIdentityOf(publicUrl: string): string {
  return `${publicUrl}/verifier`;
}

/** A statement that this server has signed. */
export interface ServerSigned {
  readonly bundle: Bundle;
  /** The one in the bundle. */
  readonly certificate: Certificate;
}

interface Credential {
  readonly privateKey: KeyObject;
  readonly certificate: Certificate;
}

/**
 * Makes the function by which the server signs as itself: statement bytes in, a bundle out with certificate,
 * DSSE signature and timestamp, without a log entry. The key lives in memory only; one certificate serves
 * until half its life has passed, so that a signature always has minutes left to be dated in.
 */
export function createServerSigner(
  deps: IssueDeps & Pick<TrustDeps, 'publicUrl' | 'issuerUrl'>,
): (statement: Uint8Array) => Promise<ServerSigned> {
  let current: Credential | undefined;
  let pending: Promise<Credential> | undefined;

  async function credential(): Promise<Credential> {
    if (current && isFresh(current.certificate, deps.clock())) return current;
    // Callers that come while a new one is made wait for the same one; a failure is not kept.
    pending ??= newCredential(deps).finally(() => {
      pending = undefined;
    });
    current = await pending;
    return current;
  }

  return async (statement) => signStatement(deps, await credential(), statement);
}

function isFresh({ notBefore, notAfter }: Certificate, now: Date): boolean {
  const halfLife = (notBefore.getTime() + notAfter.getTime()) / 2;
  // A clock that was set back would date signatures before the certificate begins.
  return notBefore <= now && now.getTime() < halfLife;
}

async function newCredential(
  deps: IssueDeps & Pick<TrustDeps, 'publicUrl' | 'issuerUrl'>,
): Promise<Credential> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const identity = { type: 'uri', value: serverIdentityOf(deps.publicUrl) } as const;
  const order = { key: publicKey, identity, extensions: { issuer: deps.issuerUrl } };
  const { leaf } = await issueCertificate(deps, order, 'server');
  return { privateKey, certificate: parseCertificate(leaf) };
}

async function signStatement(
  deps: IssueDeps,
  { privateKey, certificate }: Credential,
  statement: Uint8Array,
): Promise<ServerSigned> {
  const signature = signWith(privateKey, pae(IN_TOTO_PAYLOAD_TYPE, statement));
  const bundle: Bundle = {
    version: '0.3',
    content: {
      type: 'dsse',
      envelope: {
        payloadType: IN_TOTO_PAYLOAD_TYPE,
        payload: statement,
        signatures: [{ signature, keyId: '' }],
      },
    },
    verificationMaterial: { type: 'certificate', der: certificate.der },
    tlogEntries: [],
    timestamps: [await timestampSignature(deps, signature)],
  };
  return { bundle, certificate };
}
