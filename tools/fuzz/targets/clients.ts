/** Answers of other people's servers, and files of users. */
import assert from 'node:assert/strict';
import { createECDH, createPrivateKey } from 'node:crypto';
import { generateEphemeralKey, loadKey } from '@waybill/clients/keys';
import { connect, dockerAuth, getManifest, headManifest, pushBlob } from '@waybill/clients/oci';
import { exchangeToken, readIdentityToken } from '@waybill/clients/oidc';
import { certificateFor, logEntryOf, timestampOf } from '@waybill/clients/sigstore';
import { type Fetch, Secret } from '@waybill/core';
import { formatPem } from '@waybill/core/x509';
import { type Challenge, parseChallenges } from '../../../packages/clients/src/oci/challenge.ts';
import { FIXTURES } from '../fixtures.ts';
import { type Target, textOf } from '../target.ts';

/** An answer as it would stand on the wire: status, headers, blank line, body. */
function answering(input: Uint8Array, fallback: number): Fetch {
  const bytes = Buffer.from(input);
  const blank = bytes.indexOf('\n\n');
  const [status, ...lines] = bytes.subarray(0, Math.max(blank, 0)).toString('latin1').split('\n');
  const headers = new Map(
    lines.map((line) => [
      line.split(':', 1)[0]?.toLowerCase() ?? '',
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  const body = new Uint8Array(bytes.subarray(blank < 0 ? 0 : blank + 2));
  const code = /^[2-5]\d\d$/.test(status ?? '') ? Number(status) : fallback;
  return () =>
    Promise.resolve({
      ok: code < 300,
      status: code,
      headers: { get: (name: string) => headers.get(name.toLowerCase()) ?? null },
      body: {
        async *[Symbol.asyncIterator]() {
          yield body;
        },
        cancel: () => Promise.resolve(),
      },
      text: () => Promise.resolve(Buffer.from(body).toString()),
      bytes: () => Promise.resolve(body),
      json: () => Promise.resolve(JSON.parse(Buffer.from(body).toString())),
    });
}

const DIGEST = `sha256:${'44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'}` as const;
const MANIFEST = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"${DIGEST}","size":2},"layers":[]}`;
const CHALLENGE =
  'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull"';

const OCI_CODES = [
  'oci_client_unauthorized',
  'oci_client_denied',
  'oci_client_not_found',
  'oci_client_refused',
  'oci_client_unavailable',
  'oci_client_timeout',
  'oci_client_protocol',
  'oci_client_digest_mismatch',
  'oci_client_too_large',
  'oci_client_config_invalid',
];

const IDENTITY = { jwt: new Secret('a.b.c'), subject: 'a', expiresInSeconds: 600 };
const ephemeral = generateEphemeralKey();
const SIGSTORE_CODES = ['sigstore_unreachable', 'sigstore_refused', 'sigstore_protocol'];
const LOGGED = {
  signed: Buffer.from('a'),
  signature: Buffer.from('s'),
  publicKey: ephemeral.publicKey,
  certificate: null,
};

/** The entry of a bundle that we made. */
function loggedEntry(): unknown {
  const bundle = JSON.parse(FIXTURES.bundles[0] ?? '{}') as {
    readonly verificationMaterial: { readonly tlogEntries: readonly unknown[] };
  };
  return bundle.verificationMaterial.tlogEntries[0];
}

/** Keys that are always the same, as they must not lie here. */
function privateKeys(): readonly string[] {
  const scalar = Buffer.alloc(32, 7);
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  const jwk = { kty: 'EC', crv: 'P-256', d: scalar.toString('base64url'), x: x ?? '', y: y ?? '' };
  const ec = createPrivateKey({ key: jwk, format: 'jwk' });
  const ed = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), scalar]);
  const ed25519 = createPrivateKey({ key: ed, format: 'der', type: 'pkcs8' });
  return [
    ec.export({ format: 'pem', type: 'pkcs8' }),
    ec.export({ format: 'pem', type: 'sec1' }),
    ed25519.export({ format: 'pem', type: 'pkcs8' }),
    FIXTURES.bundleKey,
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIBvTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIAAAAAAAAAAACAggA\n-----END ENCRYPTED PRIVATE KEY-----\n',
    cosignKey({ N: 2, r: 1, p: 1 }),
    cosignKey({ N: 1_048_576, r: 8, p: 1 }),
  ].map(String);
}

/** A key file of cosign with little work for its passphrase, which opens nothing. */
function cosignKey(params: object): string {
  const [salt, nonce] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(24, 2).toString('base64')];
  const kdf = { name: 'scrypt', params, salt };
  const cipher = { name: 'nacl/secretbox', nonce };
  const body = JSON.stringify({ kdf, cipher, ciphertext: Buffer.alloc(154, 3).toString('base64') });
  return formatPem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(body));
}

export const CLIENT_TARGETS: readonly Target[] = [
  {
    name: 'clients/oci parseChallenges',
    seeds: () => [
      CHALLENGE,
      'Basic realm="x", Bearer realm="y\\"z",scope=a',
      'Negotiate, Bearer realm = "a"',
      'Basic',
    ],
    call: (input) => parseChallenges(textOf(input)),
    check: (answer) => {
      for (const { scheme, parameters } of answer as readonly Challenge[]) {
        assert.match(scheme, /^[a-z0-9_-]+$/);
        assert.equal(Object.getPrototypeOf(parameters), null);
      }
    },
    codes: [],
    costMicros: 10,
  },
  {
    name: 'clients/oci dockerAuth',
    seeds: () => [
      '{"auths":{"registry.example:5000":{"auth":"dXNlcjpwYXNz"},"https://index.example/v1/":{"username":"a","password":"b"}},"credsStore":"x"}',
      '{"auths":{"registry.example:5000":{"auth":"dXNlcjpwYXNzAAAA"}}}',
      '{"credHelpers":{"registry.example:5000":"ecr-login"}}',
    ],
    call: (input) => {
      const { credentials, helper } = dockerAuth(textOf(input), 'registry.example:5000');
      return [credentials?.username, credentials?.password.reveal(), helper?.name];
    },
    codes: ['oci_client_config_invalid'],
    costMicros: 50,
  },
  {
    name: 'clients/oci answers to a pull',
    seeds: () => [
      `200\ncontent-type: application/vnd.oci.image.manifest.v1+json\n\n${MANIFEST}`,
      `200\ndocker-content-digest: ${DIGEST}\ncontent-length: 2\ncontent-type: a/b\n\n{}`,
      `401\nwww-authenticate: ${CHALLENGE}\n\n{"errors":[{"code":"DENIED","message":"no"}]}`,
      '401\nwww-authenticate: Basic realm="a"\n\n',
      '429\n\nslow down',
      '404\n\n{"errors":[]}',
    ],
    call: async (input) => {
      const credentials = { username: 'a', password: new Secret('b') };
      const options = { fetch: answering(input, 200), credentials, timeoutMs: 60_000 };
      const connection = () => connect('registry.example:5000', options);
      const address = { repository: 'a/b', tag: 'v1' };
      const head = await headManifest(connection(), address);
      return [head, (await getManifest(connection(), address)).descriptor];
    },
    codes: OCI_CODES,
    costMicros: 80,
  },
  {
    name: 'clients/oci answers to a push',
    seeds: () => [
      '202\nlocation: /v2/a/b/blobs/uploads/1?x=y\nrange: 0-1\n\n',
      `201\nlocation: https://other.example/v2/a/b/blobs/${DIGEST}\ndocker-content-digest: ${DIGEST}\n\n`,
      '202\n\n',
      '500\n\n{"errors":[{"code":"UNKNOWN","message":"a"}]}',
    ],
    call: async (input) => {
      const connection = connect('registry.example:5000', {
        fetch: answering(input, 404),
        timeoutMs: 60_000,
      });
      return pushBlob(connection, 'a/b', Buffer.from('{}'));
    },
    codes: OCI_CODES,
    costMicros: 80,
  },
  {
    name: 'clients/oidc exchangeToken',
    seeds: () => [
      `200\n\n{"access_token":"${FIXTURES.identityToken}","token_type":"N_A","expires_in":600}`,
      '400\n\n{"error":"invalid_grant","error_description":"no"}',
    ],
    call: async (input) => {
      const token = await exchangeToken({
        url: 'http://127.0.0.1',
        token: new Secret('wb_'),
        fetch: answering(input, 200),
      });
      return [token.subject, token.expiresInSeconds];
    },
    codes: ['oidc_unreachable', 'oidc_refused', 'oidc_protocol'],
    costMicros: 50,
  },
  {
    name: 'clients/oidc readIdentityToken',
    seeds: () => [FIXTURES.identityToken, FIXTURES.identityToken.replace(/\.[^.]*\./, '.eyJleHAiOjR9.')],
    call: (input) => readIdentityToken(textOf(input), { from: 'a test', now: new Date(0) }).subject,
    codes: ['oidc_token_invalid'],
    costMicros: 20,
  },
  {
    name: 'clients/sigstore certificateFor, timestampOf',
    seeds: () => [
      `200\n\n${JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates: [`-----BEGIN CERTIFICATE-----\n${FIXTURES.certificates[0]}\n-----END CERTIFICATE-----\n`] } } })}`,
      '400\n\n{"code":3,"message":"no"}',
    ],
    call: async (input) => {
      const server = { url: 'http://127.0.0.1', fetch: answering(input, 200) };
      return [await timestampOf(server, Buffer.from('s')), await certificateFor(server, IDENTITY, ephemeral)];
    },
    codes: SIGSTORE_CODES,
    costMicros: 80,
  },
  {
    name: 'clients/sigstore logEntryOf',
    covers: ['bundle.parseTlogEntry'],
    seeds: () => [
      `201\n\n${JSON.stringify(loggedEntry())}`,
      '409\nx-log-index: 7\n\n{"code":6,"message":"there already"}',
      '400\n\n{"code":3,"message":"no"}',
    ],
    call: (input) => logEntryOf({ url: 'http://127.0.0.1', fetch: answering(input, 201) }, LOGGED),
    codes: SIGSTORE_CODES,
    costMicros: 300,
  },
  {
    name: 'clients/keys loadKey',
    seeds: privateKeys,
    call: async (input) => {
      const env = { KEY: textOf(input), WAYBILL_KEY_PASSWORD: 'waybill' };
      return (await loadKey('env://KEY', { env })).fingerprint;
    },
    codes: [
      'key_not_found',
      'key_unreadable',
      'key_unsupported',
      'key_is_public',
      'key_passphrase_missing',
      'key_passphrase_wrong',
    ],
    costMicros: 200,
  },
];
