/** crypto.x509.* and crypto.parse_private_keys */
import { fromPlain } from '../../values/json.ts';
import { isNumber } from '../../values/order.ts';
import { RegoArray, type RegoObject, RegoSet, type Value } from '../../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, builtinError, functions, stepText } from '../builtin.ts';
import { refusing } from '../encoding.ts';
import { Base64Error, decodeBase64, encodeBase64 } from '../go/base64.ts';
import { bytesOf, stringOf } from '../go/text.ts';
import { machineInteger, objectOperand, stringOperand } from '../operands.ts';
import { type Certificate, parseCertificates, parseRequest } from './certificate.ts';
import {
  bytesOfInteger,
  type Cryptography,
  concatBytes,
  FIELD_BYTES,
  type PrivateKey,
} from './cryptography.ts';
import { DerError } from './der.ts';
import { describeCertificate, describePrivateKey, describeRequest } from './describe.ts';
import { parsePkcs1, parsePkcs8, parseSec1 } from './keys.ts';
import { decodePem } from './pem.ts';
import { crtOf } from './rsa.ts';
import { type ChainOptions, verifyChain } from './verify-chain.ts';

const NS_PER_SECOND = 1_000_000_000n;

export function x509Builtins(cryptography: Cryptography): BuiltinGroup {
  return functions({
    'crypto.x509.parse_certificates': (context, text) =>
      described(certificatesOf(textOperand(context, text))),
    'crypto.x509.parse_certificate_request': (context, text) =>
      describeRequest(requestOf(textOperand(context, text))),
    'crypto.x509.parse_and_verify_certificates': (context, text) =>
      verified(stringOperand(text, 1), true, defaultOptions(context, cryptography)),
    'crypto.x509.parse_and_verify_certificates_with_options': (context, text, options) => {
      const [source, wanted] = [stringOperand(text, 1), objectOperand(options, 2)];
      return verified(source, false, {
        ...defaultOptions(context, cryptography),
        ...chainOptions(wanted),
      });
    },
    'crypto.x509.parse_rsa_private_key': (context, text) => firstPrivateJwk(textOperand(context, text)),
    'crypto.parse_private_keys': (context, text) => privateKeys(textOperand(context, text)),
    'crypto.x509.parse_keypair': (_context, certificate, key) =>
      keyPair(stringOperand(certificate, 1), stringOperand(key, 1)),
  });
}

function textOperand(context: BuiltinContext, value: Value): string {
  const text = stringOperand(value, 1);
  stepText(context, text.length);
  return text;
}

function base64Of(text: string): Uint8Array {
  return refusing(Base64Error, () => decodeBase64(text, 'standard'));
}

/** PEM, PEM in base64, or DER in base64. */
function certificatesOf(text: string): Certificate[] {
  if (text.startsWith('-----BEGIN')) return certificatesOfPem(text);
  const bytes = base64Of(text);
  const decoded = stringOf(bytes);
  return decoded.startsWith('-----BEGIN') ? certificatesOfPem(decoded) : parsed(bytes);
}

function certificatesOfPem(text: string): Certificate[] {
  const parts: Uint8Array[] = [];
  for (let rest = text; rest !== ''; ) {
    const result = decodePem(rest);
    if (result.block === undefined) break;
    if (result.block.type !== 'CERTIFICATE') {
      throw builtinError(`PEM block type is '${result.block.type}', expected CERTIFICATE`);
    }
    parts.push(result.block.bytes);
    rest = result.rest;
  }
  return parsed(concatBytes(parts));
}

function parsed(der: Uint8Array): Certificate[] {
  return refusing(DerError, () => parseCertificates(der));
}

function described(certificates: readonly Certificate[], withUris = true): RegoArray {
  return new RegoArray(certificates.map((certificate) => describeCertificate(certificate, withUris)));
}

function requestOf(text: string): ReturnType<typeof parseRequest> {
  const isPem = text.startsWith('-----BEGIN CERTIFICATE REQUEST-----');
  const bytes = isPem ? bytesOf(text) : base64Of(text);
  const { block } = decodePem(stringOf(bytes));
  if (block !== undefined && block.type !== 'CERTIFICATE REQUEST') {
    throw builtinError('invalid PEM-encoded certificate signing request');
  }
  try {
    return parseRequest(block?.bytes ?? bytes);
  } catch (error) {
    if (error instanceof DerError) throw builtinError(`asn1: structure error: ${error.message}`);
    throw error;
  }
}

function defaultOptions(context: BuiltinContext, cryptography: Cryptography): ChainOptions {
  return {
    cryptography,
    now: Number(context.nowNs / NS_PER_SECOND),
    dnsName: '',
    keyUsages: [],
    spend: (steps) => context.step(steps),
  };
}

const KEY_USAGES = [
  'KeyUsageAny',
  'KeyUsageServerAuth',
  'KeyUsageClientAuth',
  'KeyUsageCodeSigning',
  'KeyUsageEmailProtection',
  'KeyUsageIPSECEndSystem',
  'KeyUsageIPSECTunnel',
  'KeyUsageIPSECUser',
  'KeyUsageTimeStamping',
  'KeyUsageOCSPSigning',
  'KeyUsageMicrosoftServerGatedCrypto',
  'KeyUsageNetscapeServerGatedCrypto',
  'KeyUsageMicrosoftCommercialCodeSigning',
  'KeyUsageMicrosoftKernelCodeSigning',
];

function chainOptions(options: RegoObject): Partial<ChainOptions> {
  let chosen: Partial<ChainOptions> = {};
  for (const [key, value] of options.entries()) {
    if (typeof key === 'string') chosen = { ...chosen, ...chainOption(key, value) };
  }
  return chosen;
}

function chainOption(key: string, value: Value): Partial<ChainOptions> {
  switch (key) {
    case 'DNSName':
      if (typeof value !== 'string') throw builtinError("'DNSName' should be a string");
      return { dnsName: value.replace(/^"+|"+$/g, '') };
    case 'CurrentTime':
      return { now: Number(BigInt(wholeNumber(key, value, 'int64 number')) / NS_PER_SECOND) };
    case 'MaxConstraintComparisons':
      wholeNumber(key, value, 'number');
      return {};
    case 'KeyUsages':
      return { keyUsages: keyUsages(value) };
    default:
      throw builtinError('invalid key option');
  }
}

function wholeNumber(key: string, value: Value, kind: string): number | bigint {
  if (!isNumber(value)) throw builtinError(`'${key}' should be a number`);
  const integer = machineInteger(value);
  if (integer === undefined) throw builtinError(`'${key}' should be a valid ${kind}`);
  return integer;
}

function keyUsages(value: Value): number[] {
  if (!(value instanceof RegoArray) && !(value instanceof RegoSet)) {
    throw builtinError("'KeyUsages' should be an Array or Set");
  }
  const names = value.items
    .filter((item) => typeof item === 'string')
    .map((item) => item.replace(/^"+|"+$/g, ''));
  const unknown = names.filter((name) => !KEY_USAGES.includes(name));
  if (unknown.length > 0) {
    throw builtinError(`invalid entries for 'KeyUsages' found: [${unknown.join(' ')}]`);
  }
  return names.map((name) => KEY_USAGES.indexOf(name));
}

/** Whatever is wrong with the certificates, they do not verify. */
function verified(text: string, withUris: boolean, options: ChainOptions): RegoArray {
  const chain = verifyChain(readable(text), options);
  if (chain === undefined) return new RegoArray([false, RegoArray.empty]);
  return new RegoArray([true, described(chain, withUris)]);
}

function readable(text: string): Certificate[] {
  try {
    return certificatesOf(text);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

function privateKeysOf(text: string): PrivateKey[] {
  const keys: PrivateKey[] = [];
  for (let rest = text; rest !== ''; ) {
    const result = decodePem(rest);
    if (result.block === undefined) break;
    rest = result.rest;
    const { type, bytes } = result.block;
    refusing(DerError, () => {
      if (type === 'RSA PRIVATE KEY') keys.push(parsePkcs1(bytes));
      else if (type === 'PRIVATE KEY') keys.push(parsePkcs8(bytes));
      else if (type === 'EC PRIVATE KEY') keys.push(parseSec1(bytes));
    });
  }
  return keys;
}

function privateKeys(text: string): Value {
  if (text === '') return null;
  return fromPlain(privateKeysOf(fromBase64(text)).map(describePrivateKey));
}

/** The text itself, where it is no base64. */
function fromBase64(text: string): string {
  try {
    return stringOf(decodeBase64(text, 'standard'));
  } catch (error) {
    if (error instanceof Base64Error) return text;
    throw error;
  }
}

function firstPrivateJwk(text: string): Value {
  if (text === '') throw builtinError('input PEM data was empty');
  const pem = text.startsWith('-----BEGIN') ? text : stringOf(base64Of(text));
  const [key] = privateKeysOf(fromBase64(pem));
  return key === undefined ? null : fromPlain(privateJwk(key));
}

function privateJwk(key: PrivateKey): Readonly<Record<string, string>> {
  const number = (value: bigint, length?: number): string =>
    encodeBase64(bytesOfInteger(value, length), 'url', false);
  switch (key.type) {
    case 'rsa': {
      const { p, q, dp, dq, qi } = crtOf(key);
      const numbers = { n: key.modulus, e: key.exponent, d: key.privateExponent, p, q, dp, dq, qi };
      const texts = Object.entries(numbers).map(([name, value]) => [name, number(value)] as const);
      return { kty: 'RSA', ...Object.fromEntries(texts) };
    }
    case 'ec': {
      const size = FIELD_BYTES[key.curve];
      return {
        kty: 'EC',
        crv: key.curve,
        x: number(key.x, size),
        y: number(key.y, size),
        d: number(key.privateScalar, size),
      };
    }
    case 'ed25519':
      return {
        kty: 'OKP',
        crv: 'Ed25519',
        x: encodeBase64(key.bytes, 'url', false),
        d: encodeBase64(key.seed, 'url', false),
      };
  }
}

/** tls.Certificate: the chain, and the key that belongs to its first certificate. */
function keyPair(certificate: string, key: string): Value {
  const certificates = certificatesOf(certificate);
  const [leaf] = certificates;
  const [privateKey] = keyText(key);
  if (leaf === undefined) throw builtinError('tls: failed to find any PEM data in certificate input');
  if (privateKey === undefined) throw builtinError('tls: failed to find any PEM data in key input');
  if (!belongsTo(privateKey, leaf)) throw builtinError('tls: private key does not match public key');
  return fromPlain({
    Certificate: certificates.map(({ raw }) => encodeBase64(raw, 'standard')),
    PrivateKey: describePrivateKey(privateKey),
    SupportedSignatureAlgorithms: null,
    OCSPStaple: null,
    SignedCertificateTimestamps: null,
    Leaf: describeCertificate(leaf, false),
  });
}

function keyText(key: string): PrivateKey[] {
  if (key.startsWith('-----BEGIN')) return privateKeysOf(key);
  const bytes = base64Of(key);
  const text = stringOf(bytes);
  if (text.startsWith('-----BEGIN')) return privateKeysOf(text);
  return [refusing(DerError, () => parsePkcs8(bytes))];
}

function belongsTo(key: PrivateKey, { publicKey }: Certificate): boolean {
  if (key.type === 'rsa') return publicKey?.type === 'rsa' && publicKey.modulus === key.modulus;
  if (key.type === 'ec') return publicKey?.type === 'ec' && publicKey.x === key.x && publicKey.y === key.y;
  return publicKey?.type === 'ed25519';
}
