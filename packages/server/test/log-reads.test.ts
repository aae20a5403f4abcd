/** What anybody can read of the logs: proofs, search, files by name. Over real sockets, from a whole server. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { fromBase64, toBase64, toHex, utf8 } from '@waybill/core/bytes';
import { sha256, spkiOf } from '@waybill/core/crypto';
import {
  hashLeaf,
  parseCheckpoint,
  parseEntryBundle,
  verifyConsistency,
  verifyInclusion,
} from '@waybill/core/tlog';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Answer, sendTo } from './all-routes.ts';

let world: TestWorld;
/** Names of the logs. */
let rekor: string;
let ct: string;

const ENTRIES = 300;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const get = (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> =>
  sendTo(world.url, { method, path, headers });
const json = async <T>(path: string): Promise<T> => {
  const { status, body } = await get(path);
  assert.equal(status, 200, `${path}: ${body}`);
  return JSON.parse(body) as T;
};

async function log(text: string): Promise<void> {
  const message = utf8(text);
  const signature = {
    content: toBase64(sign('sha256', message, privateKey)),
    verifier: {
      publicKey: { rawBytes: toBase64(spkiOf(publicKey)) },
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    },
  };
  const response = await fetch(`${world.url}/api/v2/log/entries`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hashedRekordRequestV002: { digest: toBase64(sha256(message)), signature } }),
  });
  assert.equal(response.status, 201, await response.text());
}

before(async () => {
  world = await testWorld();
  const { logs } = await json<{ logs: { origin: string; kind: string }[] }>('/waybill/v1/log/shards');
  const named = (kind: string) => logs.find((one) => one.kind === kind)?.origin ?? '';
  [rekor, ct] = [named('rekor'), named('ct')];
  await Promise.all(Array.from({ length: ENTRIES }, (_, at) => log(`entry ${at}`)));
});
after(() => world.close());

interface Proof {
  readonly log: string;
  readonly index: number;
  readonly treeSize: number;
  readonly to: number;
  readonly rootHash: string;
  readonly hashes: readonly string[];
  readonly checkpoint: string;
}

const hashesOf = ({ hashes }: Proof) => hashes.map((hash) => fromBase64(hash));

async function leafHashAt(index: number): Promise<Uint8Array> {
  const { canonicalizedBody } = await json<{ canonicalizedBody: string }>(`/waybill/v1/log/entries/${index}`);
  return hashLeaf(fromBase64(canonicalizedBody));
}

describe('GET /waybill/v1/log/inclusion', () => {
  it('proves an entry by index or leaf hash, in the published tree and in any earlier one', async () => {
    for (const index of [0, 7, 255, 256, ENTRIES]) {
      const leafHash = await leafHashAt(index);
      for (const size of [index + 1, ENTRIES, undefined]) {
        if (size !== undefined && size <= index) continue;
        const which = size === undefined ? '' : `&treeSize=${size}`;
        const proof = await json<Proof>(`/waybill/v1/log/inclusion?index=${index}${which}`);
        const rootHash = fromBase64(proof.rootHash);
        verifyInclusion({
          leafHash,
          index,
          treeSize: size ?? proof.treeSize,
          rootHash,
          proof: hashesOf(proof),
        });
        assert.deepEqual(await json(`/waybill/v1/log/inclusion?leafHash=${toHex(leafHash)}${which}`), proof);
        const head = parseCheckpoint(proof.checkpoint).checkpoint;
        if (size === undefined) assert.deepEqual(Buffer.from(head.rootHash), Buffer.from(rootHash));
      }
    }
  });

  it('refuses what no tree can prove', async () => {
    for (const [query, status] of [
      ['', 400],
      ['index=5&treeSize=5', 400],
      ['index=5&treeSize=100000', 400],
      ['index=100000', 400],
      ['index=-1', 400],
      ['leafHash=ab', 400],
      [`leafHash=${'0'.repeat(64)}`, 404],
      ['index=1&log=nobody.example', 404],
      ['index=1&what=1', 400],
    ] as const) {
      const answer = await get(`/waybill/v1/log/inclusion?${query}`);
      assert.equal(answer.status, status, `${query}: ${answer.body}`);
    }
  });
});

describe('GET /waybill/v1/log/consistency', () => {
  it('joins any two trees', async () => {
    const rootAt = async (size: number) =>
      fromBase64((await json<Proof>(`/waybill/v1/log/inclusion?index=0&treeSize=${size}`)).rootHash);
    for (const [from, to] of [
      [1, 1],
      [1, 300],
      [3, 256],
      [255, 257],
      [256, 300],
      [299, undefined],
    ] as const) {
      const until = to === undefined ? '' : `&to=${to}`;
      const proof = await json<Proof>(`/waybill/v1/log/consistency?from=${from}${until}`);
      verifyConsistency({
        size1: from,
        size2: proof.to,
        root1: await rootAt(from),
        root2: fromBase64(proof.rootHash),
        proof: hashesOf(proof),
      });
      assert.deepEqual(await rootAt(proof.to), fromBase64(proof.rootHash));
    }
    for (const query of ['', 'from=0', 'from=5&to=4', 'from=1&to=100000', 'from=100000'])
      assert.equal((await get(`/waybill/v1/log/consistency?${query}`)).status, 400, query);
  });

  it('proves the certificate log too, by its name', async () => {
    const proof = await json<Proof>(`/waybill/v1/log/consistency?from=1&log=${ct}`);
    assert.equal(proof.log, ct);
    assert.equal(parseCheckpoint(proof.checkpoint).checkpoint.origin, ct);
  });
});

describe('GET /waybill/v1/log/search', () => {
  it('finds by digest and by the fingerprint of a key, in the log that is named', async () => {
    const digest = `sha256:${toHex(sha256(utf8('entry 3')))}`;
    const key = `sha256:${toHex(sha256(spkiOf(publicKey)))}`;
    const found = async (query: string) =>
      (await json<{ entries: { logIndex: number }[] }>(`/waybill/v1/log/search?${query}`)).entries;
    assert.equal((await found(`digest=${digest}`)).length, 1);
    assert.equal((await found(`digest=${digest}&log=${rekor}`)).length, 1);
    assert.equal((await found(`digest=${digest}&log=${ct}`)).length, 0);
    const page = await found(`certificate=${key}&limit=3`);
    assert.deepEqual(
      page.map(({ logIndex }) => logIndex),
      [ENTRIES, ENTRIES - 1, ENTRIES - 2],
    );
  });
});

describe('the files of a log', () => {
  it('stand at the root for its host, whatever the port, and under /log/<name>/', async () => {
    for (const name of [rekor, ct]) {
      const byName = await get(`/log/${name}/checkpoint`);
      assert.equal(byName.status, 200, byName.body);
      assert.equal(byName.body.split('\n')[0], name);
      assert.match(String(byName.headers['content-type']), /^text\/plain/);
      assert.equal(byName.headers['cache-control'], 'no-cache');
      for (const host of [name, `${name}:8443`, name.toUpperCase()]) {
        assert.equal((await get('/checkpoint', { host })).body, byName.body);
        const tile = await get('/tile/0/000', { host });
        assert.equal(tile.status, name === rekor ? 200 : 404);
        if (name === rekor) assert.equal(tile.body, (await get(`/log/${name}/tile/0/000`)).body);
      }
    }
    const head = await get('/checkpoint', { host: rekor }, 'HEAD');
    assert.deepEqual([head.status, head.body], [200, '']);
  });

  it('come by the name of the log at the paths of Rekor too, which clients make of its base URL', async () => {
    const { body } = await get('/api/v2/checkpoint', { host: rekor });
    assert.equal(body, (await get('/api/v2/checkpoint')).body);
    assert.equal((await get('/api/v2/tile/0/000', { host: rekor })).status, 200);
  });

  it('are nobody’s at a host that names no log', async () => {
    for (const path of ['/checkpoint', '/tile/0/000', '/log/nobody.example/checkpoint']) {
      const answer = await get(path);
      assert.equal(answer.status, 404, path);
      assert.equal((JSON.parse(answer.body) as { code: string }).code, 'tlog_log_not_found');
    }
    assert.equal((await get(`/log/${rekor}/tile/../checkpoint`)).status, 404);
  });

  it('shrink for whoever takes gzip: entries do, hashes do not', async () => {
    const fetchTile = async (path: string, coding: string) => {
      const response = await fetch(`${world.url}/log/${rekor}/tile/${path}`, {
        headers: { 'accept-encoding': coding },
      });
      assert.match(String(response.headers.get('cache-control')), /immutable/);
      return { coding: response.headers.get('content-encoding'), vary: response.headers.get('vary') };
    };
    assert.deepEqual(await fetchTile('entries/000', 'gzip'), { coding: 'gzip', vary: 'accept-encoding' });
    assert.deepEqual(await fetchTile('entries/000', 'br, gzip;q=0.5'), {
      coding: 'gzip',
      vary: 'accept-encoding',
    });
    for (const coding of ['identity', 'gzip;q=0', 'gzip; q=0.000'])
      assert.deepEqual(await fetchTile('entries/000', coding), { coding: null, vary: 'accept-encoding' });
    assert.deepEqual(await fetchTile('0/000', 'gzip'), { coding: null, vary: null });
    const { raw } = await rawGzip(`/log/${rekor}/tile/entries/000`);
    assert.equal(parseEntryBundle(gunzipSync(raw), 256).length, 256);
  });
});

describe('POST /waybill/v1/log/checkpoints', () => {
  const show = async (checkpoint: string) => {
    const response = await fetch(`${world.url}/waybill/v1/log/checkpoints`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ checkpoint }),
    });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  };

  it('says whether the log goes on from a checkpoint of its own, and refuses any other', async () => {
    const { body: note } = await get('/api/v2/checkpoint');
    const { status, answer } = await show(note);
    assert.equal(status, 200);
    assert.deepEqual(answer, { log: rekor, size: ENTRIES + 1, judgement: 'consistent' });
    const forged = await show(note.replace(`\n${ENTRIES + 1}\n`, '\n99999\n'));
    assert.deepEqual([forged.status, forged.answer['code']], [400, 'tlog_signature_invalid']);
    const foreign = await show(note.replaceAll(rekor, 'nobody.example'));
    assert.deepEqual([foreign.status, foreign.answer['code']], [404, 'tlog_log_not_found']);
    await log('goes on');
  });

  it('takes a few checkpoints from one address, and then none for a while', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => show('x')));
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(refused.length >= 10, `${refused.length} refused`);
  });
});

/** fetch would unpack it. */
async function rawGzip(path: string): Promise<{ readonly raw: Buffer }> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request(`${world.url}${path}`, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ raw: Buffer.concat(chunks) }));
    });
    sent.on('error', reject).end();
  });
}
