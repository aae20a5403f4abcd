/**
 * `npm run fuzz -- fixtures`: makes fixtures.json anew. It holds public things only: keys are made here and forgotten.
 * The file is kept, as new keys at each run would make the same seed give other inputs.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { formatBundle } from '../../packages/core/src/bundle/index.ts';
import { sha256, signWith, spkiOf } from '../../packages/core/src/crypto.ts';
import { pae } from '../../packages/core/src/dsse/index.ts';
import {
  formatRunStatement,
  parseStatement,
  STATEMENT_TYPE_V1,
  VSA_PREDICATE_TYPE,
} from '../../packages/core/src/intoto/index.ts';
import { formatTrustedRoot } from '../../packages/core/src/trust/index.ts';
import { makeWorld, NOW } from '../../packages/core/src/verify/test-world.ts';
import { parseCertificate } from '../../packages/core/src/x509/index.ts';
import { RUN_PREDICATE, VSA_PREDICATE } from './examples.ts';
import type { Fixtures } from './fixtures.ts';

const HOUR_SECONDS = 3600;

function makeFixtures(): Fixtures {
  const world = makeWorld();
  const run = parseStatement(formatRunStatement(RUN_PREDICATE)).claimed;
  const verdict = {
    type: STATEMENT_TYPE_V1,
    subject: run.subject,
    predicateType: VSA_PREDICATE_TYPE,
    predicate: VSA_PREDICATE,
  } as const;
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const bundle = world.sign(run);
  const material = bundle.verificationMaterial;
  if (material.type !== 'certificate' || bundle.content.type !== 'dsse') throw new Error('not keyless');
  const { envelope } = bundle.content;
  const certificate = { x509Certificate: { rawBytes: base64(material.der) } };
  const signed = pae(envelope.payloadType, envelope.payload);
  const verifier = { ...certificate, keyDetails: 'PKIX_ECDSA_P256_SHA_256' };
  const signature = envelope.signatures[0]?.signature ?? new Uint8Array();
  return {
    now: NOW.toISOString(),
    trustedRoot: Buffer.from(formatTrustedRoot(world.trustedRoot)).toString(),
    bundles: [bundle, world.sign(verdict, { timestamps: 2 }), world.sign(verdict, { key: keys })].map((one) =>
      Buffer.from(formatBundle(one)).toString(),
    ),
    bundleKey: pem(keys.publicKey),
    certificates: [
      material.der,
      ...[...world.trustedRoot.certificateAuthorities, ...world.trustedRoot.timestampAuthorities].flatMap(
        (authority) => authority.certificates.map(({ der }) => der),
      ),
    ].map(base64),
    leafKey: base64(parseCertificate(material.der).spki),
    rekorRequests: [
      {
        hashedRekordRequestV002: {
          digest: base64(sha256(signed)),
          signature: { content: base64(signature), verifier },
        },
      },
      {
        dsseRequestV002: {
          envelope: {
            payload: base64(envelope.payload),
            payloadType: envelope.payloadType,
            signatures: [{ sig: base64(signature), keyid: '' }],
          },
          verifiers: [verifier],
        },
      },
    ].map((request) => JSON.stringify(request)),
    ...signingRequests(),
  };
}

function signingRequests() {
  const issuer = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = 'default/demo/build';
  const issuedAt = NOW.getTime() / 1000;
  const token = (type: string, audience: string, claims: object): string => {
    const header = { alg: 'RS256', typ: type, kid: 'fuzz' };
    const times = { iat: issuedAt, nbf: issuedAt, exp: issuedAt + HOUR_SECONDS };
    const jti = '00000000-0000-4000-8000-000000000000';
    const payload = {
      ...claims,
      iss: 'https://waybill.example/oidc',
      sub: subject,
      aud: audience,
      ...times,
      jti,
    };
    const parts = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const signature = sign('sha256', Buffer.from(parts.join('.')), issuer.privateKey);
    return [...parts, signature.toString('base64url')].join('.');
  };
  const idToken = token('JWT', 'sigstore', {
    organization: 'default',
    project: 'demo',
    workflow: 'build',
  });
  const access = [{ type: 'repository', name: 'default/demo/build', actions: ['pull', 'push'] }];
  return {
    issuerKey: pem(issuer.publicKey),
    identityToken: idToken,
    registryToken: token('waybill-registry+jwt', 'https://waybill.example/v2', {
      org: 'default',
      access,
    }),
    signingRequest: JSON.stringify({
      credentials: { oidcIdentityToken: idToken },
      publicKeyRequest: {
        publicKey: { algorithm: 'ECDSA', content: pem(keys.publicKey) },
        proofOfPossession: base64(signWith(keys.privateKey, Buffer.from(subject))),
      },
    }),
    csr: base64(csrOf(keys)),
  };
}

/** RFC 2986 §4, with an empty name and no attributes. */
function csrOf(keys: {
  readonly publicKey: Parameters<typeof spkiOf>[0];
  readonly privateKey: Parameters<typeof sign>[2];
}): Uint8Array {
  const info = der(0x30, Uint8Array.of(2, 1, 0), der(0x30), spkiOf(keys.publicKey), der(0xa0));
  const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');
  const signature = sign('sha256', info, keys.privateKey);
  return der(0x30, info, ecdsaWithSha256, der(0x03, Uint8Array.of(0), signature));
}

function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts);
  const length =
    content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([
    Uint8Array.of(tag, ...(length[0] === 0x82 && content.length < 0x100 ? [0x81, content.length] : length)),
    content,
  ]);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const pem = (key: { export(options: { format: 'pem'; type: 'spki' }): string | Buffer }): string =>
  key.export({ format: 'pem', type: 'spki' }).toString();

export async function writeFixtures(): Promise<string> {
  const path = new URL('fixtures.json', import.meta.url).pathname;
  await writeFile(path, `${JSON.stringify(makeFixtures(), null, 2)}\n`);
  return path;
}
