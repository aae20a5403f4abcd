import { canonicalJson, Fields, fromBase64, parseJson, toBase64, utf8 } from '../bytes/index.ts';
import { isCoded } from '../errors.ts';
import { tlogFormatError } from './errors.ts';

/** The verifier of a signature: DER of a certificate, or of a SubjectPublicKeyInfo. */
export type RekordVerifier = { readonly certificate: Uint8Array } | { readonly publicKey: Uint8Array };

export interface HashedRekord {
  /** What was signed, hashed with the hash that goes with the key; for DSSE the hash of the PAE. */
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly verifier: RekordVerifier;
  /** Name of protobuf-specs PublicKeyDetails: `PKIX_ECDSA_P256_SHA_256`. */
  readonly keyDetails: string;
}

export const HASHED_REKORD_KIND = Object.freeze({ kind: 'hashedrekord', version: '0.0.2' });

const ALGORITHM_BY_LENGTH: ReadonlyMap<number, string> = new Map([
  [32, 'SHA2_256'],
  [48, 'SHA2_384'],
  [64, 'SHA2_512'],
]);

/** The body of a Rekor v2 entry (hashedrekord 0.0.2) in RFC 8785 form: the bytes that become the leaf. */
export function formatHashedRekord(rekord: HashedRekord): Uint8Array {
  const algorithm = ALGORITHM_BY_LENGTH.get(rekord.digest.length);
  if (algorithm === undefined) {
    throw tlogFormatError(
      'tlog_entry_invalid',
      `digest of ${rekord.digest.length} bytes: expected SHA-256, SHA-384 or SHA-512`,
    );
  }
  return utf8(
    canonicalJson({
      apiVersion: HASHED_REKORD_KIND.version,
      kind: HASHED_REKORD_KIND.kind,
      spec: {
        hashedRekordV002: {
          data: { algorithm, digest: toBase64(rekord.digest) },
          signature: {
            content: toBase64(rekord.signature),
            verifier: { keyDetails: rekord.keyDetails, ...formatVerifier(rekord.verifier) },
          },
        },
      },
    }),
  );
}

function formatVerifier(verifier: RekordVerifier): Readonly<Record<string, { readonly rawBytes: string }>> {
  return 'certificate' in verifier
    ? { x509Certificate: { rawBytes: toBase64(verifier.certificate) } }
    : { publicKey: { rawBytes: toBase64(verifier.publicKey) } };
}

/** Reads a hashedrekord 0.0.2 body. Throws `tlog_entry_invalid` for anything else, and for a form that is not canonical. */
export function parseHashedRekord(body: Uint8Array): HashedRekord {
  try {
    const rekord = readBody(new Fields(parseJson(body, 'entry'), 'entry'));
    if (Buffer.compare(formatHashedRekord(rekord), body) === 0) return rekord;
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw tlogFormatError('tlog_entry_invalid', `entry: not a hashedrekord 0.0.2 (${cause.message})`, {
      cause,
    });
  }
  throw tlogFormatError('tlog_entry_invalid', 'entry: not the canonical form of a hashedrekord 0.0.2');
}

function readBody(entry: Fields): HashedRekord {
  const spec = entry.object('spec').object('hashedRekordV002');
  const signature = spec.object('signature');
  const verifier = signature.object('verifier');
  const certificate = verifier.optionalObject('x509Certificate');
  return {
    digest: fromBase64(spec.object('data').string('digest'), 'digest'),
    signature: fromBase64(signature.string('content'), 'signature'),
    keyDetails: verifier.string('keyDetails'),
    verifier: certificate
      ? { certificate: fromBase64(certificate.string('rawBytes'), 'certificate') }
      : { publicKey: fromBase64(verifier.object('publicKey').string('rawBytes'), 'public key') },
  };
}
