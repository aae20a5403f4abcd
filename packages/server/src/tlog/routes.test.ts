import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { fromBase64, type Json, toBase64, toHex, utf8 } from '@waybill/core/bytes';
import { sha256, spkiOf } from '@waybill/core/crypto';
import { pae } from '@waybill/core/dsse';
import {
  hashLeaf,
  parseEntryBundle,
  parseHashedRekord,
  verifyCheckpoint,
  verifyInclusion,
} from '@waybill/core/tlog';
import { type TempDir, type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import fc from 'fast-check';
import {
  type App,
  createHttp,
  createLog,
  createMetrics,
  createSeal,
  openFileSystem,
  openThreads,
} from '../ground/index.ts';
import type { TlogTasks } from './check-request.ts';
import { openTlog, TLOG_PROBLEMS, type Tlog, tlogMetrics, tlogRoutes } from './index.ts';
import { acceptRequest } from './parse-request.ts';

let database: TestDatabase;
let directory: TempDir;
let tlog: Tlog;
let app: App;

const checks = openThreads<TlogTasks>({
  module: new URL('./check-request.ts', import.meta.url),
  log: createLog('silent'),
});

before(async () => {
  [database, directory] = [await testDatabase(), await tempDir()];
  const log = createLog('silent');
  const publicUrl = 'https://waybill.example';
  tlog = await openTlog({
    db: database.db,
    blobs: await openFileSystem({ root: directory.path }),
    seal: createSeal(randomBytes(32)),
    clock: () => new Date(),
    log,
    metrics: tlogMetrics(createMetrics()),
    publicUrl,
    instanceId: 'a1',
    place: null,
    highWater: null,
    limits: { batchWaitMs: 1 },
  });
  app = createHttp({ log, problems: TLOG_PROBLEMS, version: '0', publicUrl, ready: async () => [] });
  await app.register(tlogRoutes({ tlog, checks, issuerChains: () => [] }));
  await app.ready();
});

after(async () => {
  await app.close();
  await checks.close();
  await tlog.close();
  await database.close();
  await directory.remove();
});

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface Rekord {
  digest: string;
  signature: { content: string; verifier: Record<string, Json> };
}

function rekordOf(text: string): Rekord {
  const message = utf8(text);
  return {
    digest: toBase64(sha256(message)),
    signature: {
      content: toBase64(sign('sha256', message, privateKey)),
      verifier: {
        publicKey: { rawBytes: toBase64(spkiOf(publicKey)) },
        keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      },
    },
  };
}

const post = (payload: object | string) =>
  app.inject({
    method: 'POST',
    url: '/api/v2/log/entries',
    headers: { 'content-type': 'application/json' },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });

const get = (url: string, method: 'GET' | 'HEAD' = 'GET') => app.inject({ method, url });

interface EntryJson {
  logIndex: string;
  logId: { keyId: string };
  kindVersion: { kind: string; version: string };
  integratedTime: string;
  inclusionPromise: null;
  inclusionProof: {
    logIndex: string;
    rootHash: string;
    treeSize: string;
    hashes: string[];
    checkpoint: { envelope: string };
  };
  canonicalizedBody: string;
}

function verifyEntry(entry: EntryJson): void {
  const { origin, noteKeys, keyId } = tlog.describe('rekor');
  assert.equal(entry.logId.keyId, toBase64(keyId));
  const { rootHash, size } = verifyCheckpoint(entry.inclusionProof.checkpoint.envelope, {
    origin,
    keys: noteKeys,
  });
  assert.equal(entry.inclusionProof.treeSize, String(size));
  verifyInclusion({
    leafHash: hashLeaf(fromBase64(entry.canonicalizedBody)),
    index: Number(entry.logIndex),
    treeSize: size,
    rootHash,
    proof: entry.inclusionProof.hashes.map((hash) => fromBase64(hash)),
  });
}

describe('POST /api/v2/log/entries', () => {
  it('answers 201 with an entry that verifies, and 409 with its index for the same again', async () => {
    const request = { hashedRekordRequestV002: rekordOf('first') };
    const created = await post(request);
    assert.equal(created.statusCode, 201);
    const entry = created.json<EntryJson>();
    verifyEntry(entry);
    assert.deepEqual(entry.kindVersion, { kind: 'hashedrekord', version: '0.0.2' });
    assert.equal(entry.integratedTime, '0');
    assert.equal(entry.inclusionPromise, null);
    const again = await post(request);
    assert.equal(again.statusCode, 409);
    assert.equal(again.headers['x-log-index'], entry.logIndex);
    assert.equal(again.json<{ code: number }>().code, 6);
  });

  it('takes the original field names of protobuf and enum values by number', async () => {
    const { digest, signature } = rekordOf('snake');
    const { publicKey: key } = signature.verifier as { publicKey: { rawBytes: string } };
    const verifier = { public_key: { raw_bytes: key.rawBytes }, key_details: 5 };
    const answer = await post({
      hashed_rekord_request_v002: { digest, signature: { content: signature.content, verifier } },
    });
    assert.equal(answer.statusCode, 201);
    verifyEntry(answer.json<EntryJson>());
  });

  it('verifies a DSSE envelope and logs it as hashedrekord over its PAE', async () => {
    const payload = utf8('{"_type":"https://in-toto.io/Statement/v1"}');
    const signed = pae('application/vnd.in-toto+json', payload);
    const sig = toBase64(sign('sha256', signed, privateKey));
    const envelope = {
      payload: toBase64(payload),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig }],
    };
    const request = { dsseRequestV002: { envelope, verifiers: [rekordOf('x').signature.verifier] } };
    const answer = await post(request);
    assert.equal(answer.statusCode, 201);
    const rekord = parseHashedRekord(fromBase64(answer.json<EntryJson>().canonicalizedBody));
    assert.equal(toHex(rekord.digest), toHex(sha256(signed)));
    const forged = { ...envelope, payload: toBase64(utf8('{}')) };
    const refused = await post({ dsseRequestV002: { ...request.dsseRequestV002, envelope: forged } });
    assert.equal(refused.statusCode, 400);
    for (const signatures of [[], [{ sig }, { sig }]]) {
      const count = await post({
        dsseRequestV002: { ...request.dsseRequestV002, envelope: { ...envelope, signatures } },
      });
      assert.equal(count.statusCode, 400);
    }
  });

  it('refuses a signature over anything else, and logs nothing', async () => {
    const before = (await tlog.published('rekor').head()).checkpoint;
    const right = rekordOf('right');
    const otherDigest = rekordOf('other').digest;
    const p384 = spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey);
    const ed = spkiOf(generateKeyPairSync('ed25519').publicKey);
    const withVerifier = (verifier: Record<string, Json>) => ({
      ...right,
      signature: { ...right.signature, verifier },
    });
    const key = right.signature.verifier['publicKey'] ?? null;
    for (const rekord of [
      { ...right, digest: otherDigest },
      { ...right, digest: toBase64(new Uint8Array(48)) },
      { ...right, digest: 'not base64!' },
      { ...right, extra: 1 },
      withVerifier({ publicKey: key, keyDetails: 'PKIX_ECDSA_P384_SHA_384' }),
      withVerifier({ publicKey: key }),
      withVerifier({ publicKey: { rawBytes: toBase64(p384) }, keyDetails: 'PKIX_ECDSA_P384_SHA_384' }),
      withVerifier({ publicKey: { rawBytes: toBase64(ed) }, keyDetails: 'PKIX_ED25519' }),
      withVerifier({ publicKey: { rawBytes: 'AAAA' }, keyDetails: 5 }),
      withVerifier({ x509Certificate: { rawBytes: 'AAAA' }, keyDetails: 5 }),
      withVerifier({ publicKey: key, x509Certificate: { rawBytes: 'AAAA' }, keyDetails: 5 }),
    ]) {
      const answer = await post({ hashedRekordRequestV002: rekord });
      assert.equal(answer.statusCode, 400, JSON.stringify(rekord));
      const body = answer.json<{ code: number; message: string; details: unknown[] }>();
      assert.equal(body.code, 3);
      assert.ok(body.message.length > 10);
    }
    assert.equal((await tlog.published('rekor').head()).checkpoint, before);
  });

  it('refuses bodies that are no request, too large, or of another type', async () => {
    const both = { hashedRekordRequestV002: rekordOf('a'), dsseRequestV002: {} };
    for (const body of [
      '',
      '[]',
      'null',
      '{',
      '{"a":1}',
      '{"hashedRekordRequestV002":1}',
      '{"x":1,"x":2}',
      JSON.stringify(both),
    ]) {
      assert.equal((await post(body)).statusCode, 400, body);
    }
    assert.equal((await post(`{"a":"${'x'.repeat(4 * 1024 * 1024)}"}`)).statusCode, 413);
    const text = await app.inject({
      method: 'POST',
      url: '/api/v2/log/entries',
      payload: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    assert.equal(text.statusCode, 415);
    assert.equal(text.json<{ details: unknown }>().details instanceof Array, true);
  });
});

describe('acceptRequest', () => {
  it('gives a coded error for any JSON and for any change of a real request', () => {
    const real = JSON.stringify({ hashedRekordRequestV002: rekordOf('fuzz') });
    const mutated = fc
      .tuple(fc.nat(real.length), fc.nat(9), fc.constantFrom('', 'A', '0', '"', '{}', 'null', '[]', ',"a":1'))
      .map(([at, cut, text]) => real.slice(0, at) + text + real.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), mutated), (input) => {
        let body: Json;
        try {
          body = typeof input === 'string' ? JSON.parse(input) : (input as Json);
        } catch {
          return;
        }
        try {
          acceptRequest(body);
        } catch (error) {
          assert.ok(
            isCoded(error, 'tlog_request_invalid', 'tlog_key_refused', 'tlog_signature_refused'),
            String(error),
          );
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('GET /api/v2', () => {
  it('serves the checkpoint, tiles and entry bundles as static files with their caching', async () => {
    const checkpoint = await get('/api/v2/checkpoint');
    assert.match(String(checkpoint.headers['content-type']), /^text\/plain/);
    assert.equal(checkpoint.headers['cache-control'], 'no-cache');
    const { origin, noteKeys } = tlog.describe('rekor');
    const { size } = verifyCheckpoint(checkpoint.body, { origin, keys: noteKeys });
    const tile = await get(`/api/v2/tile/0/000.p/${size}`);
    assert.equal(tile.statusCode, 200);
    assert.match(String(tile.headers['cache-control']), /immutable/);
    assert.equal(tile.rawPayload.length, 32 * size);
    const bundle = parseEntryBundle((await get(`/api/v2/tile/entries/000.p/${size}`)).rawPayload, size);
    assert.deepEqual(bundle.map((entry) => toHex(hashLeaf(entry))).join(''), tile.rawPayload.toString('hex'));
    const head = await get(`/api/v2/tile/0/000.p/${size}`, 'HEAD');
    assert.equal(head.statusCode, 200);
    assert.equal(head.body, '');
  });

  it('answers 404 for what is not there yet and for what never can be, wherever it leads', async () => {
    // Over a real socket: inject() would resolve dots before they are sent.
    const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    const raw = (path: string) =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        const sent = httpRequest({ host: '127.0.0.1', port, path }, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
        });
        sent.on('error', reject).end();
      });
    const paths = `0/000 0/001 1/000 entries/000 entries/001.p/1 0/000.p/255 0/0 x/000 ../checkpoint 0/../../checkpoint
      0/%2e%2e/%2e%2e/checkpoint ..%2f..%2f..%2fetc%2fpasswd entries/..%5c..%5c 0/x001/x002 0/000.p/256`;
    for (const path of [...paths.split(/\s+/), '', '9'.repeat(500)]) {
      const { status, text } = await raw(`/api/v2/tile/${path}`);
      assert.equal(status, 404, path);
      assert.doesNotMatch(text, /waybill\.example\n|root:/, path);
    }
    const inside = await get('/api/v2/tile/0/000.p/900');
    assert.deepEqual(Object.keys(inside.json<object>()), ['code', 'message', 'details']);
  });
});

describe('/waybill/v1/log', () => {
  it('finds an entry by digest and shows it with a proof', async () => {
    const rekord = rekordOf('searched');
    await post({ hashedRekordRequestV002: rekord });
    const digest = `sha256:${toHex(fromBase64(rekord.digest))}`;
    const found = (await get(`/waybill/v1/log/search?digest=${digest}`)).json<{
      entries: { logIndex: number }[];
      next: number | null;
    }>();
    assert.equal(found.entries.length, 1);
    assert.equal(found.next, null);
    const entry = (await get(`/waybill/v1/log/entries/${found.entries[0]?.logIndex}`)).json<EntryJson>();
    verifyEntry(entry);
    assert.equal(parseHashedRekord(fromBase64(entry.canonicalizedBody)).digest.length, 32);
  });

  it('answers with a problem for what is not there or not asked right', async () => {
    const missing = await get('/waybill/v1/log/entries/100000');
    assert.equal(missing.statusCode, 404);
    assert.equal(missing.json<{ code: string }>().code, 'tlog_entry_not_found');
    for (const query of [
      'entries/-1',
      'entries/1e3x',
      'search?digest=abc',
      'search?limit=0',
      'search?what=1',
    ]) {
      assert.equal((await get(`/waybill/v1/log/${query}`)).statusCode, 400, query);
    }
  });
});
