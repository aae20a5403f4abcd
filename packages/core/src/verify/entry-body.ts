import type { TlogEntry } from '../bundle/index.ts';
import { equalBytes, Fields, fromBase64, fromHex, fromUtf8, parseJson, quoted } from '../bytes/index.ts';
import { type HashName, hash } from '../crypto.ts';
import { isCoded, messageOf } from '../errors.ts';
import { parseHashedRekord, type RekordVerifier } from '../tlog/index.ts';
import { pemBlocks } from '../x509/index.ts';
import { verifyError } from './errors.ts';
import { type SignedContent, signedDigest } from './signed-content.ts';

/** Who signed: what a log entry must name. */
export interface SignerMaterial {
  /** DER; null for a bare key. */
  readonly certificate: Uint8Array | null;
  /** DER of SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

/** What an entry's body must be about. */
interface Subject {
  readonly content: SignedContent;
  readonly signer: SignerMaterial;
}

type BodyCheck = (entry: TlogEntry, subject: Subject) => void;

const CHECKS: ReadonlyMap<string, BodyCheck> = new Map([
  ['hashedrekord 0.0.1', checkHashedRekordV1],
  ['hashedrekord 0.0.2', checkHashedRekordV2],
  ['dsse 0.0.1', checkDsse],
  ['intoto 0.0.2', checkIntoto],
]);

/**
 * Proves that the entry's body is about this signature, this content and this signer; without it a proof for
 * any entry would do for any bundle. Throws `verify_log_entry`.
 */
export function checkEntryBody(entry: TlogEntry, content: SignedContent, signer: SignerMaterial): void {
  const check = CHECKS.get(`${entry.kind} ${entry.version}`);
  try {
    if (!check)
      throw mismatch(`entries of kind ${quoted(`${entry.kind} ${entry.version}`)} are not understood`);
    check(entry, { content, signer });
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw verifyError('verify_log_entry', `log entry ${entry.logIndex}: ${messageOf(cause)}`, { cause });
  }
}

/** The spec of a Rekor v1 body, whose kind and version must be those that the bundle names. */
function readSpec(entry: TlogEntry): Fields {
  const body = new Fields(parseJson(entry.canonicalizedBody, 'body'), 'body');
  if (body.string('kind') !== entry.kind || body.string('apiVersion') !== entry.version) {
    throw mismatch('its body is of another kind than the bundle says');
  }
  return body.object('spec');
}

// rekor pkg/types/hashedrekord/v0.0.1
function checkHashedRekordV1(entry: TlogEntry, { content, signer }: Subject): void {
  const spec = readSpec(entry);
  const signature = spec.object('signature');
  sameSignature(fromBase64(signature.string('content')), content);
  sameSigner(fromBase64(signature.object('publicKey').string('content')), signer);
  const { name, digest } = readHexHash(spec.object('data').object('hash'));
  sameBytes(signedDigest(content, name), digest, 'what was signed');
}

// rekor-tiles hashedrekord 0.0.2; for an envelope the digest is that of the PAE
function checkHashedRekordV2(entry: TlogEntry, { content, signer }: Subject): void {
  const rekord = parseHashedRekord(entry.canonicalizedBody);
  sameSignature(rekord.signature, content);
  sameVerifier(rekord.verifier, signer);
  const name = HASH_BY_LENGTH.get(rekord.digest.length);
  if (!name) throw mismatch('its digest has an unknown length');
  sameBytes(signedDigest(content, name), rekord.digest, 'what was signed');
}

const HASH_BY_LENGTH: ReadonlyMap<number, HashName> = new Map([
  [32, 'sha256'],
  [48, 'sha384'],
  [64, 'sha512'],
]);

function sameVerifier(verifier: RekordVerifier, signer: SignerMaterial): void {
  if ('certificate' in verifier) sameBytes(signer.certificate, verifier.certificate, 'the certificate');
  else if (signer.certificate) throw mismatch('it names a key, the bundle a certificate');
  else sameBytes(signer.spki, verifier.publicKey, 'the key');
}

// rekor pkg/types/dsse/v0.0.1
function checkDsse(entry: TlogEntry, { content, signer }: Subject): void {
  const spec = readSpec(entry);
  const signature = onlySignature(spec);
  sameSignature(fromBase64(signature.string('signature')), content);
  sameSigner(fromBase64(signature.string('verifier')), signer);
  samePayload(spec.object('payloadHash'), content);
}

// rekor pkg/types/intoto/v0.0.2: the envelope inside the entry has its signature in base64 twice
function checkIntoto(entry: TlogEntry, { content, signer }: Subject): void {
  const spec = readSpec(entry).object('content');
  const signature = onlySignature(spec.object('envelope'));
  sameSignature(fromBase64(fromUtf8(fromBase64(signature.string('sig')))), content);
  sameSigner(fromBase64(signature.string('publicKey')), signer);
  samePayload(spec.object('payloadHash'), content);
}

function onlySignature(fields: Fields): Fields {
  const [only, ...others] = fields.objects('signatures');
  if (!only || others.length > 0) throw mismatch('expected exactly one signature in its body');
  return only;
}

function samePayload(fields: Fields, content: SignedContent): void {
  const { name, digest } = readHexHash(fields);
  sameBytes(content.envelope ? hash(name, content.envelope.payload) : null, digest, 'the payload');
}

function readHexHash(fields: Fields): { name: HashName; digest: Uint8Array } {
  const name = fields.string('algorithm');
  if (name !== 'sha256' && name !== 'sha384' && name !== 'sha512')
    throw mismatch(`its hash ${quoted(name)} is not accepted`);
  return { name, digest: fromHex(fields.string('value')) };
}

function sameSignature(logged: Uint8Array, content: SignedContent): void {
  sameBytes(content.signature, logged, 'the signature');
}

/** `pem` is a certificate or a public key in PEM, which must be the bundle's own. */
function sameSigner(pem: Uint8Array, signer: SignerMaterial): void {
  const label = signer.certificate ? 'CERTIFICATE' : 'PUBLIC KEY';
  const [logged] = pemBlocks(fromUtf8(pem), label);
  sameBytes(signer.certificate ?? signer.spki, logged ?? null, 'the signer');
}

function sameBytes(own: Uint8Array | null, logged: Uint8Array | null, what: string): void {
  if (!own || !logged || !equalBytes(own, logged))
    throw mismatch(`${what} in its body is not that of the bundle`);
}

function mismatch(problem: string) {
  return verifyError('verify_log_entry', problem);
}
