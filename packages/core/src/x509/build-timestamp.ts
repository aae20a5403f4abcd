/** RFC 3161 time-stamping, the authority's side: CMS SignedData (RFC 5652) over a TSTInfo. */
import { fromHex } from '../bytes/index.ts';
import { hash, hashFor, type KeyObject, sha256, signWith } from '../crypto.ts';
import { CodedError } from '../errors.ts';
import type { Certificate } from './certificate.ts';
import {
  derExplicit,
  derGeneralizedTime,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSetOf,
  derTime,
} from './der-writer.ts';
import { OID } from './oids.ts';
import { hashAlgorithmOf, signatureAlgorithmOf } from './signature-algorithm.ts';
import type { TimestampRequest } from './timestamp-request.ts';

/** PKCS #9 (RFC 2985 §5.3.3). */
const SIGNING_TIME = '1.2.840.113549.1.9.5';

/** The policy under which Sigstore's timestamp authorities, and this one, state times. */
export const TIMESTAMP_POLICY = '1.3.6.1.4.1.57264.2';

export interface TimestampSigner {
  readonly privateKey: KeyObject;
  readonly certificate: Certificate;
}

export interface TimestampStatement {
  readonly request: TimestampRequest;
  /** Up to 20 octets from a random source, unique per timestamp. */
  readonly serial: Uint8Array;
  /** Stated in whole seconds, cut not rounded; the stated accuracy of one second covers the rest. */
  readonly time: Date;
}

/** TimeStampResp, granted, in DER. The signer's certificate is inside when the request asked for it. */
export function buildTimestampResponse(signer: TimestampSigner, statement: TimestampStatement): Uint8Array {
  const { request } = statement;
  if (request.policy !== undefined && request.policy !== TIMESTAMP_POLICY) {
    throw new CodedError(
      'x509_timestamp_policy',
      `timestamps are made under policy ${TIMESTAMP_POLICY}, the request wants ${request.policy}`,
    );
  }
  const tstInfo = encodeTstInfo(statement);
  const hashName = hashFor(signer.privateKey) ?? 'sha512';
  const signedAttributes = [
    attribute(OID.contentType, derOid(OID.timestampInfo)),
    attribute(SIGNING_TIME, derTime(statement.time)),
    attribute(OID.messageDigest, derOctetString(hash(hashName, tstInfo))),
    attribute(OID.signingCertificateV2, signingCertificate(signer)),
  ];
  const signedData = derSequence(
    derInteger(3),
    derSetOf(hashAlgorithmOf(hashName)),
    derSequence(derOid(OID.timestampInfo), derExplicit(0, derOctetString(tstInfo))),
    ...(request.certificateWanted ? [derExplicit(0, signer.certificate.der)] : []),
    derSetOf(signerInfo(signer, hashAlgorithmOf(hashName), derSetOf(...signedAttributes))),
  );
  const GRANTED = 0;
  return derSequence(
    derSequence(derInteger(GRANTED)),
    derSequence(derOid(OID.signedData), derExplicit(0, signedData)),
  );
}

/** RFC 3161 §2.4.2. `ordering` is false, which DER leaves out. */
function encodeTstInfo({ request, serial, time }: TimestampStatement): Uint8Array {
  const ACCURACY_S = 1;
  return derSequence(
    derInteger(1),
    derOid(TIMESTAMP_POLICY),
    request.messageImprintDer,
    derInteger(serial),
    derGeneralizedTime(time),
    derSequence(derInteger(ACCURACY_S)),
    ...(request.nonceDer === undefined ? [] : [request.nonceDer]),
  );
}

function signerInfo(
  signer: TimestampSigner,
  digestAlgorithm: Uint8Array,
  attributes: Uint8Array,
): Uint8Array {
  // RFC 5652 §5.4: what is signed has the tag of SET OF, what is sent is [0] IMPLICIT over the same octets.
  const implicit = Uint8Array.from(attributes);
  implicit[0] = 0xa0;
  return derSequence(
    derInteger(1),
    issuerAndSerial(signer.certificate.issuer, signer),
    digestAlgorithm,
    implicit,
    signatureAlgorithmOf(signer.privateKey),
    derOctetString(signWith(signer.privateKey, attributes)),
  );
}

/** SigningCertificateV2 with one ESSCertIDv2 (RFC 5035 §4); its hash is SHA-256, the default, so left out. */
function signingCertificate(signer: TimestampSigner): Uint8Array {
  const directoryName = derExplicit(4, signer.certificate.issuer);
  const essCertId = derSequence(
    derOctetString(sha256(signer.certificate.der)),
    issuerAndSerial(derSequence(directoryName), signer),
  );
  return derSequence(derSequence(essCertId));
}

function issuerAndSerial(issuer: Uint8Array, signer: TimestampSigner): Uint8Array {
  return derSequence(issuer, derInteger(fromHex(signer.certificate.serialNumber)));
}

function attribute(oid: string, value: Uint8Array): Uint8Array {
  return derSequence(derOid(oid), derSetOf(value));
}
