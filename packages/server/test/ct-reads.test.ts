/** The certificate log as RFC 6962 §4 has it read, over real sockets from a whole server. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { fromBase64, toBase64, utf8 } from '@waybill/core/bytes';
import { sha256, spkiOf, verifySignature } from '@waybill/core/crypto';
import { hashLeaf, treeHeadBytes, verifyConsistency, verifyInclusion } from '@waybill/core/tlog';
import { parseTrustedRoot } from '@waybill/core/trust';
import { OID, parseCertificate, parseCtLeaf, parsePem, precertificateTbs } from '@waybill/core/x509';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Answer, sendTo } from './all-routes.ts';

let world: TestWorld;
/** PEM, as the authority answered: leaf, intermediate, root. */
let chain: readonly string[];

before(async () => {
  world = await testWorld();
  await world.owner.applyContract({
    document:
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: c }\nspec:\n  materials:\n    - { type: ARTIFACT, name: program, output: true }\n',
  });
  await world.owner.createWorkflow({ project: 'demo', name: 'build', contract: 'c' });
  for (let count = 0; count < 3; count++) chain = await certificate();
});
after(() => world.close());

async function certificate(): Promise<readonly string[]> {
  const exchange = await fetch(`${world.url}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: world.ownerToken.reveal(),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      audience: 'sigstore',
      scope: 'workflow:demo/build',
    }),
  });
  const text = await exchange.text();
  assert.equal(exchange.status, 200, text);
  const token = (JSON.parse(text) as { access_token: string }).access_token;
  const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    sub: string;
  };
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const response = await fetch(`${world.url}/api/v2/signingCert`, {
    method: 'POST',
    body: JSON.stringify({
      credentials: { oidcIdentityToken: token },
      publicKeyRequest: {
        publicKey: { algorithm: 'ECDSA', content: toBase64(spkiOf(keys.publicKey)) },
        proofOfPossession: toBase64(sign('sha256', utf8(sub), keys.privateKey)),
      },
    }),
  });
  const answer = (await response.json()) as {
    signedCertificateEmbeddedSct: { chain: { certificates: string[] } };
  };
  return answer.signedCertificateEmbeddedSct.chain.certificates;
}

const ask = (path: string, method = 'GET', body?: string): Promise<Answer> =>
  sendTo(world.url, {
    method,
    path: `/ct/v1/${path}`,
    headers: { 'content-type': 'application/json' },
    body,
  });

async function get<T>(path: string): Promise<T> {
  const { status, body, headers } = await ask(path);
  assert.equal(status, 200, `${path}: ${body}`);
  assert.match(String(headers['content-type']), /^application\/json/);
  return JSON.parse(body) as T;
}

interface Sth {
  readonly tree_size: number;
  readonly timestamp: number;
  readonly sha256_root_hash: string;
  readonly tree_head_signature: string;
}
interface Entry {
  readonly leaf_input: string;
  readonly extra_data: string;
}
const hashes = (list: readonly string[]) => list.map((hash) => fromBase64(hash));

/** A u24 length and its bytes. */
function opaque24(bytes: Buffer, at: number): { readonly value: Buffer; readonly end: number } {
  const end = at + 3 + bytes.readUIntBE(at, 3);
  return { value: bytes.subarray(at + 3, end), end };
}

describe('GET /ct/v1/get-sth', () => {
  it('is signed by the key of the trusted root, and covers every certificate at once', async () => {
    const sth = await get<Sth>('get-sth');
    const [log] = parseTrustedRoot(Buffer.from(await world.owner.trustedRoot())).ctlogs;
    assert.ok(log);
    const signature = Buffer.from(sth.tree_head_signature, 'base64');
    // RFC 5246 §4.7: SHA-256, ECDSA, and the length of what follows.
    assert.deepEqual([...signature.subarray(0, 2)], [4, 3]);
    assert.equal(signature.readUInt16BE(2), signature.length - 4);
    const head = { size: sth.tree_size, rootHash: fromBase64(sth.sha256_root_hash) };
    const signed = treeHeadBytes(head, sth.timestamp);
    assert.equal(verifySignature(log.publicKey, signed, signature.subarray(4), 'sha256'), true);
    // The first entry is the log's own.
    assert.ok(sth.tree_size >= 4);
  });
});

describe('GET /ct/v1/get-entries', () => {
  it('shows each certificate as its authority submitted it, with the chain up to the root', async () => {
    const { tree_size: size } = await get<Sth>('get-sth');
    const { entries } = await get<{ entries: Entry[] }>(`get-entries?start=0&end=${size + 1000}`);
    assert.equal(entries.length, size);
    assert.equal(parseCtLeaf(fromBase64(entries[0]?.leaf_input ?? '')).type, 'x509');
    const wanted = precertificateTbs(parsePem(chain[0] ?? '')[0] ?? parseCertificate(new Uint8Array()));
    const found = entries.find(({ leaf_input }) => {
      const leaf = parseCtLeaf(fromBase64(leaf_input));
      return leaf.type === 'precertificate' && Buffer.compare(leaf.tbs, wanted) === 0;
    });
    assert.ok(found, 'the certificate stands in the log');
    const extra = Buffer.from(found.extra_data, 'base64');
    const precertificate = opaque24(extra, 0);
    const issuers = opaque24(extra, precertificate.end);
    assert.equal(issuers.end, extra.length);
    const intermediate = opaque24(issuers.value, 0);
    const root = opaque24(issuers.value, intermediate.end);
    assert.equal(root.end, issuers.value.length);
    const der = (pem: string | undefined) => new X509Certificate(pem ?? '').raw;
    assert.deepEqual(intermediate.value, der(chain[1]));
    assert.deepEqual(root.value, der(chain[2]));
    const issuerKey = new X509Certificate(intermediate.value).publicKey;
    assert.equal(new X509Certificate(precertificate.value).verify(issuerKey), true);
    assert.ok(parseCertificate(precertificate.value).extensions.has(OID.precertificatePoison));
    const { certificates } = await get<{ certificates: string[] }>('get-roots');
    assert.deepEqual(certificates, [root.value.toString('base64')]);
    const leaf = parseCtLeaf(fromBase64(found.leaf_input));
    assert.ok(leaf.type === 'precertificate');
    const keyHash = sha256(issuerKey.export({ type: 'spki', format: 'der' }));
    assert.deepEqual(Buffer.from(leaf.issuerKeyHash), Buffer.from(keyHash));
  });
});

describe('proofs of /ct/v1', () => {
  it('join entries and trees', async () => {
    const sth = await get<Sth>('get-sth');
    const size = sth.tree_size;
    const rootHash = fromBase64(sth.sha256_root_hash);
    for (let index = 0; index < size; index++) {
      const entry = await get<Entry & { audit_path: string[] }>(
        `get-entry-and-proof?leaf_index=${index}&tree_size=${size}`,
      );
      const leafHash = hashLeaf(fromBase64(entry.leaf_input));
      verifyInclusion({ leafHash, index, treeSize: size, rootHash, proof: hashes(entry.audit_path) });
      const hash = encodeURIComponent(toBase64(leafHash));
      const byHash = await get<{ leaf_index: number; audit_path: string[] }>(
        `get-proof-by-hash?hash=${hash}&tree_size=${size}`,
      );
      assert.deepEqual(byHash, { leaf_index: index, audit_path: entry.audit_path });
      assert.equal((await ask(`get-proof-by-hash?hash=${hash}&tree_size=${index}`)).status, 404);
    }
    assert.deepEqual(await get(`get-sth-consistency?first=0&second=${size}`), { consistency: [] });
    const { consistency } = await get<{ consistency: string[] }>(
      `get-sth-consistency?first=1&second=${size}`,
    );
    const { leaf_input: first } = await get<Entry>(`get-entry-and-proof?leaf_index=0&tree_size=1`);
    const root1 = hashLeaf(fromBase64(first));
    verifyConsistency({ size1: 1, size2: size, root1, root2: rootHash, proof: hashes(consistency) });
  });
});

describe('what /ct/v1 refuses', () => {
  it('says it in plain text, status first, as ct_server does', async () => {
    for (const [path, status, first] of [
      ['get-entries', 400, 'Bad Request'],
      ['get-entries?start=2&end=1', 400, 'Bad Request'],
      ['get-entries?start=-1&end=1', 400, 'Bad Request'],
      ['get-entries?start=1e3&end=2000', 400, 'Bad Request'],
      ['get-entries?start=100000&end=100001', 404, 'Not Found'],
      ['get-sth-consistency?first=3&second=1', 400, 'Bad Request'],
      ['get-sth-consistency?first=1&second=100000', 400, 'Bad Request'],
      ['get-proof-by-hash?hash=AAAA&tree_size=1', 400, 'Bad Request'],
      ['get-proof-by-hash?hash=%21&tree_size=1', 400, 'Bad Request'],
      [`get-proof-by-hash?hash=${'A'.repeat(43)}%3D&tree_size=1`, 404, 'Not Found'],
      ['get-entry-and-proof?leaf_index=9&tree_size=2', 400, 'Bad Request'],
    ] as const) {
      const { status: found, body, headers } = await ask(path);
      assert.equal(found, status, `${path}: ${body}`);
      assert.match(String(headers['content-type']), /^text\/plain/);
      assert.equal(body.split('\n')[0], first, path);
    }
  });

  it('takes no certificate from anybody', async () => {
    const { tree_size: before } = await get<Sth>('get-sth');
    for (const path of ['add-chain', 'add-pre-chain']) {
      const der = chain.map((pem) => new X509Certificate(pem).raw.toString('base64'));
      const { status, body } = await ask(path, 'POST', JSON.stringify({ chain: der }));
      assert.equal(status, 403, body);
      assert.match(body, /^Forbidden\nthis log takes the certificates of its own authority only/);
    }
    assert.equal((await get<Sth>('get-sth')).tree_size, before);
  });
});
