/**
 * fulcio-identity: from claims to certificate as Fulcio makes it (README of the vectors). A case is right when the
 * verdict falls at the wanted stage, and challenge, SAN and extensions are equal byte for byte. Where Waybill decides
 * otherwise on purpose, the case stands in `FULCIO_DEVIATIONS` with its reason, and must then differ.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCoded, messageOf } from '@waybill/core';
import { Fields, type Json, parseJson, toHex } from '@waybill/core/bytes';
import {
  checkTokenClaims,
  type FulcioConfig,
  findIssuer,
  type NamedSigner,
  type Principal,
  parseFulcioDocument,
  principalOf,
  readFulcioConfig,
} from '@waybill/core/fulcio';
import {
  buildRootCertificate,
  buildSigningTbs,
  type CertificateIssuer,
  issuerFrom,
  OID,
  parseCertificate,
  serialFrom,
  signCertificate,
} from '@waybill/core/x509';
import type { CaseResult } from './case.ts';
import { FULCIO_DEVIATIONS } from './fulcio-deviations.ts';

/** What Fulcio, or we, made of one case: the stage that refused it, or the certificate's words in hex. */
type Verdict =
  | { readonly stage: string; readonly reason: string }
  | {
      readonly challenge: string;
      readonly san: string;
      readonly extensions: Readonly<Record<string, string>>;
    };

const FULCIO_ARC = '1.3.6.1.4.1.57264.1.';
const NOW = new Date('2026-11-01T00:00:00Z');

export async function run(dir: string): Promise<readonly CaseResult[]> {
  const base = parseFulcioDocument(await readFile(join(dir, 'config.yaml')));
  const cases = parseJson(await readFile(join(dir, 'cases.json')), 'cases.json') as readonly Json[];
  const authority = makeAuthority();
  return cases.map((item, index) => {
    const vector = new Fields(item, `cases[${index}]`);
    const name = vector.string('name');
    return judge(name, wantedOf(vector), foundOf(vector, base, authority));
  });
}

function judge(name: string, wanted: Verdict, found: Verdict | { readonly crash: string }): CaseResult {
  if ('crash' in found) return { name, ok: false, message: `a raw error: ${found.crash}` };
  const isSame = shown(wanted) === shown(found);
  const reason = Object.hasOwn(FULCIO_DEVIATIONS, name) ? FULCIO_DEVIATIONS[name] : undefined;
  if (reason !== undefined) {
    return isSame
      ? { name, ok: false, message: 'listed as a deviation, but equal to Fulcio: take it off the list' }
      : { name, ok: true, deviates: reason };
  }
  if (isSame) return { name, ok: true };
  const why = 'reason' in found ? ` (${found.reason})` : '';
  return { name, ok: false, message: `expected ${shown(wanted)}, found ${shown(found)}${why}` };
}

/** Reasons are for people: what is compared is the stage. */
function shown(verdict: Verdict): string {
  if ('stage' in verdict) return `refused at ${verdict.stage}`;
  return JSON.stringify([verdict.challenge, verdict.san, Object.entries(verdict.extensions)]);
}

function wantedOf(vector: Fields): Verdict {
  if (vector.has('wantError')) {
    return { stage: vector.string('wantStage'), reason: vector.string('wantError') };
  }
  return {
    challenge: vector.string('wantChallenge'),
    san: vector.object('wantSAN').string('der'),
    extensions: vector.stringMap('wantExtensions'),
  };
}

function foundOf(
  vector: Fields,
  base: Json,
  authority: CertificateIssuer,
): Verdict | { readonly crash: string } {
  try {
    const config = stage('config', () =>
      readFulcioConfig(overlaid(base, vector.optionalObject('issuerConfig'))),
    );
    const principal = stage('token', () => admitted(config, vector.object('claims')));
    const { san, extensions } = stage('certificate', () => certified(principal.certificate(), authority));
    return { challenge: principal.challenge, san, extensions };
  } catch (error) {
    if (error instanceof Refusal) return { stage: error.stage, reason: error.message };
    return { crash: messageOf(error) };
  }
}

class Refusal extends Error {
  readonly stage: string;

  constructor(at: string, reason: string) {
    super(reason);
    this.stage = at;
  }
}

/** Only a coded error is a refusal; anything else is a fault of ours. */
function stage<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isCoded(error)) throw new Refusal(name, error.message);
    throw error;
  }
}

/** The same key replaces the whole entry. */
function overlaid(base: Json, changes: Fields | undefined): Json {
  const fields = new Fields(base, 'config.yaml');
  const sections = ['oidc-issuers', 'meta-issuers', 'ci-issuer-metadata'].map((key): [string, Json] => {
    const before = fields.raw(key) as { readonly [name: string]: Json } | undefined;
    const after = changes?.raw(key) as { readonly [name: string]: Json } | undefined;
    return [key, { ...before, ...after }];
  });
  return Object.fromEntries(sections);
}

function admitted(config: FulcioConfig, fields: Fields): Principal {
  const claims = Object.fromEntries(fields.keys().map((key) => [key, fields.raw(key) ?? null]));
  const issuer = fields.optionalString('iss') ?? '';
  const rule = findIssuer(config, issuer);
  if (rule === undefined) throw new Refusal('token', `no rule for ${JSON.stringify(issuer)}`);
  const token = checkTokenClaims(claims, { issuer, audience: rule.clientId, now: NOW });
  return principalOf(token, rule, config);
}

function certified(signer: NamedSigner, issuer: CertificateIssuer) {
  const frame = {
    publicKey: keys.publicKey,
    serial: serialFrom(new Uint8Array(20)),
    notBefore: NOW,
    notAfter: new Date(NOW.getTime() + 600_000),
  };
  const der = signCertificate(buildSigningTbs({ ...frame, ...signer, issuer }), issuer.privateKey);
  const { extensions } = parseCertificate(der);
  const own = [...extensions].filter(([oid]) => oid.startsWith(FULCIO_ARC));
  return {
    san: toHex(extensions.get(OID.subjectAlternativeName)?.value ?? new Uint8Array()),
    extensions: Object.fromEntries(own.map(([oid, { value }]) => [oid, toHex(value)])),
  };
}

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function makeAuthority(): CertificateIssuer {
  const root = buildRootCertificate({
    ...keys,
    serial: serialFrom(new Uint8Array(20)),
    notBefore: NOW,
    notAfter: new Date(NOW.getTime() + 86_400_000),
    name: { organization: 'conformance', commonName: 'conformance' },
  });
  return issuerFrom(root, keys.privateKey);
}
