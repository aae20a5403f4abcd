/** For tests: a private Sigstore in memory, of the same parts that the server is made of. */
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import type { Bundle, TlogEntry } from '../bundle/index.ts';
import { canonicalJson, toBase64, toHex, utf8 } from '../bytes/index.ts';
import { sha256, signWith, spkiOf } from '../crypto.ts';
import { IN_TOTO_PAYLOAD_TYPE, pae } from '../dsse/index.ts';
import { formatStatement, type Statement } from '../intoto/index.ts';
import {
  formatCheckpoint,
  formatHashedRekord,
  formatNote,
  hashChildren,
  hashLeaf,
  hintOf,
  keyDetailsOf,
  noteKey,
} from '../tlog/index.ts';
import type { TrustedRoot } from '../trust/index.ts';
import {
  buildRootCertificate,
  buildSigningTbs,
  buildTimestampCertificate,
  buildTimestampResponse,
  type Certificate,
  ctMerkleTreeLeaf,
  type FulcioExtensions,
  issuerFrom,
  parseCertificate,
  sctListExtension,
  serialFrom,
  signCertificate,
  signSct,
  timestampRequestFor,
  timestampSigner,
} from '../x509/index.ts';

export const NOW = new Date('2026-03-01T12:00:00Z');
export const ISSUER = 'https://waybill.example/oidc';
export const SUBJECT = 'https://waybill.example/oidc/default/demo/build';
const YEAR = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };
const LOG_HOST = 'log.waybill.example';
const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const serial = () => serialFrom(randomBytes(20));
const name = (commonName: string) => ({ organization: 'waybill.example', commonName });

export interface SignOptions {
  readonly at?: Date;
  readonly subject?: string;
  /** What the certificate says beside the subject; the issuer alone when not given. */
  readonly extensions?: FulcioExtensions;
  readonly withSct?: boolean;
  readonly timestamps?: number;
  readonly withLog?: boolean;
  /** The log's promise in place of its proof, as Rekor v1 gave it. */
  readonly withPromise?: boolean;
  readonly key?: ReturnType<typeof keyPair>;
}

export function makeWorld() {
  const parties = makeParties();
  return {
    trustedRoot: trustedRootOf(parties),
    /** A bundle over `statement`, keyless unless a key is given. */
    sign: (statement: Statement, options: SignOptions = {}) => sign(parties, statement, options),
  };
}

type Parties = ReturnType<typeof makeParties>;

function makeParties() {
  const tsa = makeAuthority('TSA');
  const stamping = keyPair();
  const stampingDer = buildTimestampCertificate({
    ...YEAR,
    publicKey: stamping.publicKey,
    serial: serial(),
    name: name('Timestamps'),
    issuer: tsa.issuer,
  });
  const log = generateKeyPairSync('ed25519');
  return {
    ca: makeAuthority('CA'),
    tsa,
    stamping: timestampSigner(stamping.privateKey, parseCertificate(stampingDer)),
    ct: keyPair(),
    log,
    logKey: noteKey(LOG_HOST, log.publicKey),
  };
}

function trustedRootOf({ ca, tsa, stamping, ct, log, logKey }: Parties): TrustedRoot {
  const validFor = { start: YEAR.notBefore, end: null };
  const authority = (commonName: string, ...certificates: [Certificate, ...Certificate[]]) => ({
    ...name(commonName),
    uri: 'https://waybill.example',
    certificates,
    validFor,
  });
  const logOf = (publicKey: KeyObject, logId: Uint8Array) => ({
    baseUrl: `https://${LOG_HOST}:7070`,
    publicKey,
    keyDetails: keyDetailsOf(publicKey).name,
    validFor,
    logId,
  });
  return {
    tlogs: [logOf(log.publicKey, logKey.keyId)],
    ctlogs: [logOf(ct.publicKey, sha256(spkiOf(ct.publicKey)))],
    certificateAuthorities: [authority('CA', ca.certificate)],
    timestampAuthorities: [authority('TSA', stamping.certificate, tsa.certificate)],
  };
}

function certify({ ca, ct }: Parties, publicKey: KeyObject, options: SignOptions): Uint8Array {
  const notBefore = options.at ?? NOW;
  const input = {
    publicKey,
    serial: serial(),
    notBefore,
    notAfter: new Date(notBefore.getTime() + 600_000),
    issuer: ca.issuer,
    identity: { type: 'uri', value: options.subject ?? SUBJECT } as const,
    extensions: options.extensions ?? { issuer: ISSUER },
  };
  const tbs = buildSigningTbs(input);
  if (options.withSct === false) return signCertificate(tbs, ca.issuer.privateKey);
  const issuerPublicKey = ca.certificate.publicKey;
  const leaf = ctMerkleTreeLeaf({ timestampMs: NOW.getTime(), issuerPublicKey, tbs });
  const sct = signSct({ privateKey: ct.privateKey, logId: sha256(spkiOf(ct.publicKey)) }, leaf);
  return signCertificate(buildSigningTbs(input, sctListExtension([sct])), ca.issuer.privateKey);
}

function stamp({ stamping }: Parties, signature: Uint8Array): Uint8Array {
  const request = timestampRequestFor('sha256', sha256(signature));
  const time = new Date(NOW.getTime() + 1000);
  return buildTimestampResponse(stamping, { request, serial: randomBytes(16), time });
}

/** An entry at index 1 of a log of two, under a checkpoint of the log. */
function enter({ log, logKey }: Parties, body: Uint8Array): TlogEntry {
  const first = hashLeaf(randomBytes(8));
  const rootHash = hashChildren(first, hashLeaf(body));
  const text = formatCheckpoint({ origin: LOG_HOST, size: 2, rootHash });
  const signature = signWith(log.privateKey, Buffer.from(text), null);
  const checkpoint = formatNote({ text, signatures: [{ name: LOG_HOST, hint: hintOf(logKey), signature }] });
  return {
    logIndex: 1,
    logId: logKey.keyId,
    kind: 'hashedrekord',
    version: '0.0.2',
    integratedTime: null,
    inclusionPromise: null,
    inclusionProof: { logIndex: 1, treeSize: 2, rootHash, hashes: [first], checkpoint },
    canonicalizedBody: body,
  };
}

function promise({ log }: Parties, entry: TlogEntry): TlogEntry {
  const integratedTime = NOW.getTime() / 1000;
  const { logIndex, logId, canonicalizedBody } = entry;
  const promised = { body: toBase64(canonicalizedBody), integratedTime, logID: toHex(logId), logIndex };
  const inclusionPromise = signWith(log.privateKey, utf8(canonicalJson(promised)), null);
  return { ...entry, integratedTime, inclusionPromise, inclusionProof: null };
}

function sign(parties: Parties, statement: Statement, options: SignOptions): Bundle {
  const keys = options.key ?? keyPair();
  const payload = formatStatement(statement);
  const signed = pae(IN_TOTO_PAYLOAD_TYPE, payload);
  const signature = signWith(keys.privateKey, signed);
  const certificate = options.key ? null : certify(parties, keys.publicKey, options);
  const verifier = certificate ? { certificate } : { publicKey: spkiOf(keys.publicKey) };
  const keyDetails = keyDetailsOf(keys.publicKey).name;
  const body = { digest: sha256(signed), signature, verifier, keyDetails };
  const signatures = [{ signature, keyId: '' }];
  const entry = enter(parties, formatHashedRekord(body));
  return {
    version: '0.3',
    content: { type: 'dsse', envelope: { payloadType: IN_TOTO_PAYLOAD_TYPE, payload, signatures } },
    verificationMaterial: certificate
      ? { type: 'certificate', der: certificate }
      : { type: 'public-key', hint: '' },
    tlogEntries: options.withLog === false ? [] : [options.withPromise ? promise(parties, entry) : entry],
    timestamps: Array.from({ length: options.timestamps ?? 1 }, () => stamp(parties, signature)),
  };
}

function makeAuthority(commonName: string) {
  const keys = keyPair();
  const der = buildRootCertificate({
    ...YEAR,
    publicKey: keys.publicKey,
    serial: serial(),
    name: name(commonName),
    privateKey: keys.privateKey,
  });
  return { certificate: parseCertificate(der), issuer: issuerFrom(der, keys.privateKey) };
}
