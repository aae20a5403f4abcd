/** Certificates, requests and keys as Go's encoding/json writes its own structures of them. */
import { fromPlain } from '../../values/json.ts';
import type { Value } from '../../values/value.ts';
import { encodeBase64 } from '../go/base64.ts';
import { type Address, addressText } from '../go/ip.ts';
import { parseUrl } from '../go/url.ts';
import type { Certificate, SignedObject } from './certificate.ts';
import { integerOfBytes, type PrivateKey, type PublicKey } from './cryptography.ts';
import type { Extension, KnownExtensions } from './extensions.ts';
import type { Name } from './names.ts';
import { crtOf } from './rsa.ts';
import { signatureAlgorithmNumber } from './signature-algorithm.ts';

type Fields = Readonly<Record<string, unknown>>;

/** x509.ExtKeyUsage, by its number. */
const EXTENDED_USAGES = [
  '2.5.29.37.0',
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.5.5.7.3.2',
  '1.3.6.1.5.5.7.3.3',
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.5.5.7.3.5',
  '1.3.6.1.5.5.7.3.6',
  '1.3.6.1.5.5.7.3.7',
  '1.3.6.1.5.5.7.3.8',
  '1.3.6.1.5.5.7.3.9',
  '1.3.6.1.4.1.311.10.3.3',
  '2.16.840.1.113730.4.1',
  '1.3.6.1.4.1.311.2.1.22',
  '1.3.6.1.4.1.311.61.1.1',
];

export function extendedUsageNumber(oid: string): number {
  return EXTENDED_USAGES.indexOf(oid);
}

/** `withUris` adds the URIs as texts, as OPA does. */
export function describeCertificate(certificate: Certificate, withUris: boolean): Value {
  const { known } = certificate;
  return fromPlain({
    ...signedFields(certificate),
    RawTBSCertificate: base64(certificate.rawToBeSigned),
    RawIssuer: base64(certificate.rawIssuer),
    SerialNumber: certificate.serialNumber,
    Issuer: nameFields(certificate.issuer),
    NotBefore: timeText(certificate.notBefore),
    NotAfter: timeText(certificate.notAfter),
    KeyUsage: known.keyUsage,
    UnhandledCriticalExtensions: listOrNull(known.unhandledCritical.map(oidNumbers)),
    ...usageFields(known),
    ...constraintFields(known),
    ...nameConstraintFields(known),
    ...policyFields(known),
    SubjectKeyId: known.subjectKeyId === undefined ? null : base64(known.subjectKeyId),
    AuthorityKeyId: known.authorityKeyId === undefined ? null : base64(known.authorityKeyId),
    OCSPServer: listOrNull(known.ocspServers),
    IssuingCertificateURL: listOrNull(known.issuingUrls),
    CRLDistributionPoints: listOrNull(known.crlDistributionPoints),
    ...(withUris ? { URIStrings: listOrNull(known.alternativeNames.uri) } : {}),
  });
}

export function describeRequest(request: SignedObject): Value {
  return fromPlain({
    ...signedFields(request),
    RawTBSCertificateRequest: base64(request.rawToBeSigned),
    Attributes: null,
  });
}

function signedFields(signed: SignedObject): Fields {
  const { alternativeNames } = signed.known;
  return {
    Raw: base64(signed.raw),
    RawSubjectPublicKeyInfo: base64(signed.rawSpki),
    RawSubject: base64(signed.rawSubject),
    Signature: base64(signed.signature),
    SignatureAlgorithm: signatureAlgorithmNumber(signed),
    PublicKeyAlgorithm:
      signed.publicKey === undefined ? 0 : { rsa: 1, ec: 3, ed25519: 4 }[signed.publicKey.type],
    PublicKey: signed.publicKey === undefined ? null : describePublicKey(signed.publicKey),
    Version: signed.version,
    Subject: nameFields(signed.subject),
    Extensions: listOrNull(signed.extensions.map(extensionFields)),
    ExtraExtensions: null,
    DNSNames: listOrNull(alternativeNames.dns),
    EmailAddresses: listOrNull(alternativeNames.email),
    IPAddresses: listOrNull(alternativeNames.ip.map((bytes) => addressText(addressOf(bytes)))),
    URIs: listOrNull(alternativeNames.uri.map(urlFields)),
  };
}

function base64(bytes: Uint8Array): string {
  return encodeBase64(bytes, 'standard');
}

/** Go has nil where there was nothing to append. */
function listOrNull<T>(items: readonly T[]): readonly T[] | null {
  return items.length === 0 ? null : items;
}

function oidNumbers(oid: string): number[] {
  return oid.split('.').map(Number);
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

export function addressOf(bytes: Uint8Array): Address {
  return { family: bytes.length === 4 ? 4 : 6, value: integerOfBytes(bytes) };
}

const NAME_LISTS: Readonly<Record<string, string>> = {
  Country: '2.5.4.6',
  Organization: '2.5.4.10',
  OrganizationalUnit: '2.5.4.11',
  Locality: '2.5.4.7',
  Province: '2.5.4.8',
  StreetAddress: '2.5.4.9',
  PostalCode: '2.5.4.17',
};

/** pkix.Name. */
function nameFields(name: Name): Fields {
  const valuesOf = (oid: string): string[] =>
    name.filter(({ type }) => type === oid).map(({ value }) => value);
  const lists = Object.entries(NAME_LISTS).map(([key, oid]) => [key, listOrNull(valuesOf(oid))] as const);
  return {
    ...Object.fromEntries(lists),
    SerialNumber: valuesOf('2.5.4.5').at(-1) ?? '',
    CommonName: valuesOf('2.5.4.3').at(-1) ?? '',
    Names: listOrNull(name.map(({ type, value }) => ({ Type: oidNumbers(type), Value: value }))),
    ExtraNames: null,
  };
}

function extensionFields({ id, isCritical, value }: Extension): Fields {
  return { Id: oidNumbers(id), Critical: isCritical, Value: base64(value) };
}

/** url.URL. */
function urlFields(text: string): Fields {
  const parts = parseUrl(text);
  return {
    Scheme: parts.scheme,
    Opaque: parts.opaque,
    User: parts.hasUser ? {} : null,
    Host: parts.host,
    Path: parts.path,
    Fragment: parts.fragment,
    RawQuery: parts.rawQuery,
    RawPath: parts.rawPath,
    RawFragment: parts.rawFragment,
    ForceQuery: parts.forceQuery,
    OmitHost: parts.omitHost,
  };
}

function usageFields({ extKeyUsage }: KnownExtensions): Fields {
  const numbers = (extKeyUsage ?? []).map(extendedUsageNumber);
  const unknown = (extKeyUsage ?? []).filter((oid) => extendedUsageNumber(oid) < 0);
  return {
    ExtKeyUsage: listOrNull(numbers.filter((number) => number >= 0)),
    UnknownExtKeyUsage: listOrNull(unknown.map(oidNumbers)),
  };
}

function constraintFields({ basicConstraints }: KnownExtensions): Fields {
  const maxPathLength = basicConstraints === undefined ? 0 : (basicConstraints.maxPathLength ?? -1);
  return {
    BasicConstraintsValid: basicConstraints !== undefined,
    IsCA: basicConstraints?.isCa ?? false,
    MaxPathLen: maxPathLength,
    MaxPathLenZero: basicConstraints !== undefined && maxPathLength === 0,
  };
}

function nameConstraintFields({ nameConstraints }: KnownExtensions): Fields {
  const permitted = nameConstraints?.permitted;
  const excluded = nameConstraints?.excluded;
  return {
    PermittedDNSDomainsCritical: nameConstraints?.isCritical ?? false,
    PermittedDNSDomains: listOrNull(permitted?.dns ?? []),
    ExcludedDNSDomains: listOrNull(excluded?.dns ?? []),
    PermittedIPRanges: listOrNull((permitted?.ip ?? []).map(rangeFields)),
    ExcludedIPRanges: listOrNull((excluded?.ip ?? []).map(rangeFields)),
    PermittedEmailAddresses: listOrNull(permitted?.email ?? []),
    ExcludedEmailAddresses: listOrNull(excluded?.email ?? []),
    PermittedURIDomains: listOrNull(permitted?.uri ?? []),
    ExcludedURIDomains: listOrNull(excluded?.uri ?? []),
  };
}

/** net.IPNet: an address, and as many bytes of mask. */
function rangeFields(range: Uint8Array): Fields {
  const half = range.length / 2;
  return { IP: addressText(addressOf(range.subarray(0, half))), Mask: base64(range.subarray(half)) };
}

function policyFields({ policies }: KnownExtensions): Fields {
  return {
    PolicyIdentifiers: listOrNull((policies ?? []).map(oidNumbers)),
    Policies: listOrNull(policies ?? []),
    PolicyMappings: null,
    InhibitAnyPolicy: 0,
    InhibitAnyPolicyZero: false,
    InhibitPolicyMapping: 0,
    InhibitPolicyMappingZero: false,
    RequireExplicitPolicy: 0,
    RequireExplicitPolicyZero: false,
  };
}

/** A curve has no fields that are written. */
function describePublicKey(key: PublicKey): unknown {
  switch (key.type) {
    case 'rsa':
      return { N: key.modulus, E: key.exponent };
    case 'ec':
      return { Curve: {}, X: key.x, Y: key.y };
    case 'ed25519':
      return base64(key.bytes);
  }
}

export function describePrivateKey(key: PrivateKey): unknown {
  if (key.type === 'ec') return { Curve: {}, X: key.x, Y: key.y, D: key.privateScalar };
  if (key.type === 'ed25519') return base64(Uint8Array.of(...key.seed, ...key.bytes));
  const { p, q, dp, dq, qi } = crtOf(key);
  return {
    N: key.modulus,
    E: key.exponent,
    D: key.privateExponent,
    Primes: [p, q],
    Precomputed: { Dp: dp, Dq: dq, Qinv: qi, CRTValues: [] },
  };
}
