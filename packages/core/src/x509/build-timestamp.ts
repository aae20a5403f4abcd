/** RFC 3161 time-stamping, the authority's side: CMS SignedData (RFC 5652) over a TSTInfo. */
import { fromHex } from '../bytes/index.ts';
import { type HashName, hash, hashFor, type KeyObject, sha256, signWith } from '../crypto.ts';
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

const DER_OID = {
  policy: derOid(TIMESTAMP_POLICY),
  timestampInfo: derOid(OID.timestampInfo),
  signedData: derOid(OID.signedData),
  signingTime: derOid(SIGNING_TIME),
  messageDigest: derOid(OID.messageDigest),
} as const;

export interface TimestampSigner {
  readonly privateKey: KeyObject;
  readonly certificate: Certificate;
  readonly constant: ConstantParts;
}

/** DER that is the same in every timestamp of a signer: made once, as it is most of a timestamp. */
interface ConstantParts {
  readonly hashName: HashName;
  readonly digestAlgorithm: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  readonly issuerAndSerial: Uint8Array;
  /** GeneralName of TSTInfo: which authority this is. */
  readonly authorityName: Uint8Array;
  /** Of the signed attributes: content type, and which certificate signs. */
  readonly attributes: readonly Uint8Array[];
}

/** Throws `crypto_public_key` for a key that cannot sign timestamps. */
export function timestampSigner(privateKey: KeyObject, certificate: Certificate): TimestampSigner {
  const hashName = hashFor(privateKey) ?? 'sha512';
  const constant: ConstantParts = Object.freeze({
    hashName,
    digestAlgorithm: hashAlgorithmOf(hashName),
    signatureAlgorithm: signatureAlgorithmOf(privateKey),
    issuerAndSerial: issuerAndSerial(certificate.issuer, certificate),
    authorityName: derExplicit(0, derExplicit(4, certificate.subject)),
    attributes: [
      attribute(derOid(OID.contentType), DER_OID.timestampInfo),
      attribute(derOid(OID.signingCertificateV2), signingCertificate(certificate)),
    ],
  });
  return Object.freeze({ privateKey, certificate, constant });
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
  const { constant } = signer;
  const tstInfo = encodeTstInfo(statement, constant.authorityName);
  const signedAttributes = derSetOf(
    ...constant.attributes,
    attribute(DER_OID.signingTime, derTime(statement.time)),
    attribute(DER_OID.messageDigest, derOctetString(hash(constant.hashName, tstInfo))),
  );
  const signedData = derSequence(
    derInteger(3),
    derSetOf(constant.digestAlgorithm),
    derSequence(DER_OID.timestampInfo, derExplicit(0, derOctetString(tstInfo))),
    ...(request.certificateWanted ? [derExplicit(0, signer.certificate.der)] : []),
    derSetOf(signerInfo(signer, signedAttributes)),
  );
  const GRANTED = 0;
  return derSequence(
    derSequence(derInteger(GRANTED)),
    derSequence(DER_OID.signedData, derExplicit(0, signedData)),
  );
}

/** RFC 3161 §2.4.2. `ordering` is false, which DER leaves out. */
function encodeTstInfo({ request, serial, time }: TimestampStatement, authorityName: Uint8Array): Uint8Array {
  const ACCURACY_S = 1;
  return derSequence(
    derInteger(1),
    DER_OID.policy,
    request.messageImprintDer,
    derInteger(serial),
    derGeneralizedTime(time),
    derSequence(derInteger(ACCURACY_S)),
    ...(request.nonceDer === undefined ? [] : [request.nonceDer]),
    authorityName,
  );
}

function signerInfo({ privateKey, constant }: TimestampSigner, attributes: Uint8Array): Uint8Array {
  // RFC 5652 §5.4: what is signed has the tag of SET OF, what is sent is [0] IMPLICIT over the same octets.
  const implicit = Uint8Array.from(attributes);
  implicit[0] = 0xa0;
  return derSequence(
    derInteger(1),
    constant.issuerAndSerial,
    constant.digestAlgorithm,
    implicit,
    constant.signatureAlgorithm,
    derOctetString(signWith(privateKey, attributes)),
  );
}

/** SigningCertificateV2 with one ESSCertIDv2 (RFC 5035 §4); its hash is SHA-256, the default, so left out. */
function signingCertificate(certificate: Certificate): Uint8Array {
  const directoryName = derExplicit(4, certificate.issuer);
  const essCertId = derSequence(
    derOctetString(sha256(certificate.der)),
    issuerAndSerial(derSequence(directoryName), certificate),
  );
  return derSequence(derSequence(essCertId));
}

function issuerAndSerial(issuer: Uint8Array, { serialNumber }: Certificate): Uint8Array {
  return derSequence(issuer, derInteger(fromHex(serialNumber)));
}

function attribute(oid: Uint8Array, value: Uint8Array): Uint8Array {
  return derSequence(oid, derSetOf(value));
}
