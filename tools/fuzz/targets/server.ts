/** What the server reads itself: requests of the trust services, tokens, names, its own configuration. */
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { parseJson } from '@waybill/core/bytes';
import { parseEvidence } from '../../../packages/server/src/attestation/parse-evidence.ts';
import { formatManifest, parseManifest } from '../../../packages/server/src/backup/manifest.ts';
import { parseName as parseContractName, parseText } from '../../../packages/server/src/contract/name.ts';
import { parseConfig } from '../../../packages/server/src/ground/config/config.ts';
import { parseConfigFile } from '../../../packages/server/src/ground/config/file.ts';
import { type NtpAnswer, parseNtpAnswer } from '../../../packages/server/src/ground/time/ntp.ts';
import { parsePublicUrl } from '../../../packages/server/src/identity/issuer.ts';
import { parsePublicKey } from '../../../packages/server/src/identity/keys.ts';
import { parseName } from '../../../packages/server/src/identity/name.ts';
import { verifyToken } from '../../../packages/server/src/identity/verify-token.ts';
import { parsePut } from '../../../packages/server/src/registry/put-manifest.ts';
import { splitPath } from '../../../packages/server/src/registry/routes/call.ts';
import { acceptRequest } from '../../../packages/server/src/tlog/parse-request.ts';
import { parseKeySet } from '../../../packages/server/src/trust/issuers/issuer-keys.ts';
import { parseClaimedToken } from '../../../packages/server/src/trust/issuers/verify-foreign-token.ts';
import { parseSigningRequest } from '../../../packages/server/src/trust/parse-signing-request.ts';
import { provenKey } from '../../../packages/server/src/trust/proof-of-possession.ts';
import { FIXTURES } from '../fixtures.ts';
import { JSON_CODES, type Target, textOf } from '../target.ts';
import { coded } from './bytes.ts';

const CONFIG = { cwd: '/work', isRoot: false };
const issuer = {
  url: 'https://waybill.example/oidc',
  publicKeys: new Map([['fuzz', createPublicKey(FIXTURES.issuerKey)]]),
};
const RSA_JWK = createPublicKey(FIXTURES.issuerKey).export({ format: 'jwk' });
const clock = () => new Date(FIXTURES.now);
const TOKEN_CODES = [
  'malformed',
  'type',
  'algorithm',
  'issuer',
  'key',
  'signature',
  'claims',
  'audience',
  'expired',
  'not_yet_valid',
].map((what) => `identity_token_${what}`);

const DESCRIPTOR = `{"mediaType":"a/b","digest":"sha256:${'0'.repeat(64)}","size":2}`;
const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":${DESCRIPTOR},"layers":[${DESCRIPTOR}],"subject":${DESCRIPTOR}}`;

const BACKUP = JSON.stringify({
  format: 1,
  version: '0.1.0',
  createdAt: '2026-03-01T12:00:00.000Z',
  moved: false,
  migrations: [{ number: 1, name: 'first', sha256: 'ab' }],
  tables: [{ name: 'identity_tokens', columns: ['id', 'name'] }],
  counters: [{ table: 'ground_outbox', column: 'id', value: 5 }],
  logs: [{ origin: 'log.example', kind: 'rekor', size: 3 }],
});

/** Stratum 2, sent at 2026-03-01T12:00:00Z as it was received. */
const NTP_ANSWER = Buffer.from(
  `240200e9${'000003d7'.repeat(2)}00000000${'ed4f6b40'.padEnd(16, '0')}0102030405060708${'ed4f6b4000000000'.repeat(2)}`,
  'hex',
);

const JOIN = '\n';

export const SERVER_TARGETS: readonly Target[] = [
  {
    name: 'server/ground parseConfig',
    seeds: () => [
      ['--listen', '127.0.0.1:7070', '--url=https://waybill.example', '--data', 'd'].join(JOIN),
      ['--database-url', 'postgres://a:b@h:1/d', '--log-level=debug', '--listen=[::1]:0'].join(JOIN),
    ],
    call: (input) => {
      const text = textOf(input);
      const env = {
        WAYBILL_LISTEN: text,
        WAYBILL_URL: text,
        WAYBILL_DATABASE_URL: text,
        WAYBILL_BLOBS: text,
      };
      for (const [name, value] of Object.entries(env))
        coded(() => parseConfig([], { [name]: value }, CONFIG));
      return parseConfig(text.split(JOIN), {}, CONFIG).listen;
    },
    codes: ['config_invalid', 'config_unknown_option'],
    costMicros: 200,
  },
  {
    name: 'server/ground parseConfigFile',
    seeds: () => [
      'listen: 127.0.0.1:7070\nurl: https://waybill.example # ours\nlog-level: debug\n',
      '{ "data": "d", "database-url": "postgres://a:b@h:1/d", "token-rate": 5 }',
    ],
    call: (input) => parseConfigFile(textOf(input), 'waybill.yaml'),
    codes: ['config_invalid', 'config_unknown_option'],
    costMicros: 800,
  },
  {
    name: 'server/ground parseNtpAnswer',
    seeds: () => [NTP_ANSWER],
    call: (input) => parseNtpAnswer(input, NTP_ANSWER.subarray(24, 32)),
    check: (answer) => {
      if (answer === null) return;
      const { receivedMs, sentMs } = answer as NtpAnswer;
      assert.ok(receivedMs <= sentMs && !Number.isNaN(new Date(sentMs).getTime()));
    },
    codes: [],
    costMicros: 5,
  },
  {
    name: 'server/backup parseManifest',
    seeds: () => [BACKUP],
    call: parseManifest,
    check: (answer) => {
      const text = formatManifest(answer as ReturnType<typeof parseManifest>);
      assert.equal(formatManifest(parseManifest(Buffer.from(text))), text);
    },
    codes: ['backup_invalid', 'backup_newer'],
    costMicros: 80,
  },
  {
    name: 'server names',
    seeds: () => ['default', 'a-b-0', 'https://waybill.example', 'http://[::1]:7070/', 'é'],
    call: (input) => {
      const text = textOf(input);
      return [
        coded(() => parseName(text, 'name')),
        coded(() => parseContractName(text, 'name')),
        coded(() => parseText(text, 'text')),
        parsePublicUrl(text),
      ];
    },
    check: (answer) =>
      assert.equal(parsePublicUrl((answer as readonly string[])[3] ?? ''), (answer as readonly string[])[3]),
    codes: ['identity_public_url_invalid'],
    costMicros: 30,
  },
  {
    name: 'server/identity parsePublicKey',
    seeds: () => [FIXTURES.issuerKey, FIXTURES.bundleKey],
    call: (input) => parsePublicKey(textOf(input)),
    check: (answer) => {
      const { publicKey } = answer as ReturnType<typeof parsePublicKey>;
      assert.deepEqual(parsePublicKey(publicKey), answer);
    },
    codes: ['identity_key_invalid'],
    costMicros: 80,
  },
  {
    name: 'server/identity verifyToken',
    seeds: () => [FIXTURES.identityToken, FIXTURES.registryToken, 'eyJhbGciOiJub25lIn0.e30.'],
    call: (input) => {
      const jwt = textOf(input);
      const token = verifyToken({ issuer: issuer as never, clock }, jwt, {
        type: 'JWT',
        audience: 'sigstore',
      });
      return [token.subject, jwt];
    },
    check: (answer) => assert.deepEqual(answer, ['default/demo/build', FIXTURES.identityToken]),
    codes: TOKEN_CODES,
    costMicros: 50,
  },
  {
    name: 'server/identity token parts',
    seeds: () =>
      FIXTURES.identityToken
        .split('.')
        .slice(0, 2)
        .map((part) => Buffer.from(part, 'base64url')),
    // The mutation stands inside the header or the claims, in base64 as it must be.
    call: async (input) => {
      const [header = '', claims = '', signature = ''] = FIXTURES.identityToken.split('.');
      const part = Buffer.from(input).toString('base64url');
      const deps = { issuer: issuer as never, clock };
      const expected = { type: 'JWT', audience: 'sigstore' } as const;
      await (async () => verifyToken(deps, `${part}.${claims}.${signature}`, expected))().catch(refusedOnly);
      return verifyToken(deps, `${header}.${part}.${signature}`, expected).subject;
    },
    check: (answer) => assert.equal(answer, 'default/demo/build'),
    codes: TOKEN_CODES,
    costMicros: 120,
  },
  {
    name: 'server/tlog acceptRequest',
    seeds: () => FIXTURES.rekorRequests,
    call: (input) => acceptRequest(parseJson(input)),
    codes: ['tlog_request_invalid', 'tlog_key_refused', 'tlog_signature_refused', ...JSON_CODES],
    costMicros: 200,
  },
  {
    name: 'server/trust parseKeySet',
    seeds: () => [
      JSON.stringify({
        keys: [
          { ...RSA_JWK, kid: 'a', use: 'sig', alg: 'RS256' },
          { kty: 'oct', k: 'AAAA' },
        ],
      }),
      '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}',
    ],
    call: parseKeySet,
    codes: JSON_CODES,
    costMicros: 60,
  },
  {
    name: 'server/trust parseClaimedToken',
    seeds: () => [FIXTURES.identityToken, 'eyJhbGciOiJub25lIn0.e30.'],
    call: (input) => parseClaimedToken(textOf(input)),
    codes: ['trust_token_malformed'],
    costMicros: 20,
  },
  {
    name: 'server/trust parseSigningRequest',
    seeds: () => [
      FIXTURES.signingRequest,
      JSON.stringify({
        credentials: { oidcIdentityToken: 'a.b.c' },
        certificateSigningRequest: FIXTURES.csr,
      }),
    ],
    call: (input) => {
      const request = parseSigningRequest(input, undefined);
      return provenKey({ claim: request.key, challenges: ['default/demo/build'] });
    },
    codes: [
      'trust_request_invalid',
      'trust_token_missing',
      'trust_possession_unproven',
      'trust_key_refused',
      'x509_der',
      'x509_pem',
      'x509_csr',
      'x509_csr_signature',
      'crypto_public_key',
      'bytes_base64',
      'bytes_utf8',
    ],
    costMicros: 120,
  },
  {
    name: 'server/registry splitPath',
    seeds: () => [
      '/v2/default/demo/build/manifests/v1',
      `/v2/a/b/blobs/sha256%3A${'0'.repeat(64)}?x=y`,
      '/v2/a/blobs/uploads/',
      '/v2/a/blobs/uploads/0-1',
      '/v2/blobs/tags/list?n=1&last=a',
      `/v2/a/referrers/sha256:${'0'.repeat(64)}`,
    ],
    call: (input) => splitPath(textOf(input)),
    codes: [],
    costMicros: 10,
  },
  {
    name: 'server/registry parsePut',
    seeds: () => [MANIFEST, `{"schemaVersion":2,"mediaType":"${INDEX}","manifests":[${DESCRIPTOR}]}`],
    call: (input) => parsePut({ reference: 'v1', tags: ['v2'], bytes: input, pinned: false, actor: 'a' }),
    codes: ['registry_manifest_invalid', 'registry_digest_invalid', 'registry_tag_invalid'],
    costMicros: 80,
  },
  {
    name: 'server/attestation parseEvidence',
    seeds: () => FIXTURES.bundles,
    call: parseEvidence,
    codes: [
      'attestation_not_run_statement',
      'attestation_too_large',
      'bundle_format',
      'bundle_invalid',
      'bundle_version',
      'dsse_invalid',
      'dsse_no_signature',
      'dsse_not_base64',
      'dsse_too_many_signatures',
      'intoto_invalid',
      'intoto_no_subject',
      'intoto_subject_without_digest',
      'run_predicate_invalid',
      'shape_invalid',
      'digest_invalid',
    ],
    costMicros: 300,
  },
];

function refusedOnly(error: unknown): void {
  if (error instanceof Error && 'code' in error && TOKEN_CODES.includes(String(error.code))) return;
  throw error;
}
