/** PKCS #10 (RFC 2986). Only the public key of a request counts here; its subject and attributes are not read. */
import { type KeyObject, publicKeyFrom, verifySignature } from '../crypto.ts';
import { CodedError } from '../errors.ts';
import { pemBlocks } from './certificate.ts';
import { contextTag, DER, DerReader, enterDer } from './der-reader.ts';
import { SIGNATURE_OIDS } from './oids.ts';

const MAX_CSR_BYTES = 64 * 1024;
const WHAT = 'certificate signing request';

/**
 * The public key of the request, whose private half made the request's own signature.
 * Throws `x509_der`, `x509_pem`, `x509_csr`, `x509_csr_signature`, `crypto_public_key`.
 */
export function parseCsr(csr: Uint8Array | string): KeyObject {
  const der = typeof csr === 'string' ? derOf(csr) : csr;
  if (der.length > MAX_CSR_BYTES) throw malformed(`${der.length} bytes, the limit is ${MAX_CSR_BYTES}`);
  const outer = enterDer(der, DER.sequence, WHAT);
  const info = outer.read(DER.sequence);
  const algorithm = outer.sequence().oid();
  const signature = outer.bitString();
  outer.end();
  const publicKey = readPublicKey(new DerReader(info.value, WHAT));
  const scheme = Object.hasOwn(SIGNATURE_OIDS, algorithm) ? SIGNATURE_OIDS[algorithm] : undefined;
  if (scheme === undefined || scheme.keyType !== publicKey.asymmetricKeyType) {
    throw malformed(
      `the signature algorithm ${algorithm} does not go with a ${publicKey.asymmetricKeyType} key`,
    );
  }
  if (!verifySignature(publicKey, info.encoded, signature, scheme.hash)) {
    throw new CodedError(
      'x509_csr_signature',
      `${WHAT}: not signed by the private half of its own public key`,
    );
  }
  return publicKey;
}

function derOf(pem: string): Uint8Array {
  // OpenSSL of old wrote NEW into the label.
  const label = pem.includes('BEGIN NEW CERTIFICATE REQUEST')
    ? 'NEW CERTIFICATE REQUEST'
    : 'CERTIFICATE REQUEST';
  const [der, second] = pemBlocks(pem, label);
  if (der === undefined || second !== undefined) throw malformed('expected one PEM block');
  return der;
}

function readPublicKey(info: DerReader): KeyObject {
  const version = info.smallInteger();
  if (version !== 0) throw malformed(`expected version 1, found ${version + 1}`);
  info.read(DER.sequence);
  const spki = info.read(DER.sequence).encoded;
  // RFC 2986 demands the attributes, some writers leave the empty set out.
  info.optional(contextTag(0, 'constructed'));
  info.end();
  return publicKeyFrom(spki);
}

function malformed(problem: string): CodedError<'x509_csr'> {
  return new CodedError('x509_csr', `${WHAT}: ${problem}`);
}
