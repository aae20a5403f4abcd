/** fsck says nothing of good logs, and of damaged ones what is wrong. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmod, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { utf8 } from '@waybill/core/bytes';
import { ctMerkleTreeLeaf } from '@waybill/core/x509';
import { createSeal } from '@waybill/server/ground';
import { freePort, rowsOf, startProcess, tempDir } from '@waybill/testkit';
import { openTlog, type Tlog } from '../../packages/server/src/tlog/index.ts';
import { type World, world } from '../../packages/server/src/tlog/test-world.ts';
import { checkData } from './check-data.ts';
import { runFsck } from './run-fsck.ts';

const ENTRIES = 600;
/** The master key of the log's test world. */
const SEAL = createSeal(Buffer.alloc(32, 7));

let at: World;
let tlog: Tlog;
let rekor: string;
let ct: string;
/** The certificate log's own key, as any public key. */
let issuerPublicKey: Parameters<typeof ctMerkleTreeLeaf>[0]['issuerPublicKey'];

before(async () => {
  at = await world();
  tlog = await openTlog(at.deps);
  [rekor, ct] = [tlog.describe('rekor').origin, tlog.describe('ct').origin];
  issuerPublicKey = tlog.describe('ct').publicKey;
  await Promise.all([
    ...Array.from({ length: ENTRIES }, () => tlog.appendHashedRekord(rekord())),
    ...Array.from({ length: 5 }, (_, count) => logCertificate(`https://example.com/${count}`)),
  ]);
  await tlog.close();
});
after(() => at.close());

const rekord = () => ({
  digest: randomBytes(32),
  signature: randomBytes(70),
  verifier: { publicKey: randomBytes(91) },
  keyDetails: 'PKIX_ECDSA_P256_SHA_256',
});

function logCertificate(signer: string): Promise<Uint8Array> {
  const issuer = 'https://issuer.example.com';
  const leaf = ctMerkleTreeLeaf({
    timestampMs: Date.now(),
    issuerPublicKey,
    tbs: utf8(`${signer} ${issuer}`),
  });
  return tlog.logPrecertificate({ leaf, signature: randomBytes(70) }, { signer, issuer });
}

const sqlOf = (text: string, ...values: readonly unknown[]) => rowsOf(at.database.connection, text, values);

async function findings(blobsDir = at.directory.path): Promise<readonly string[]> {
  const logs = await checkData({ connection: at.database.connection, blobsDir, seal: SEAL });
  return logs.flatMap((log) => log.findings.map((finding) => `${log.origin}: ${finding}`));
}

/** What is found after a change to a copy of the files. */
async function afterChange(
  change: (path: (name: string) => string) => Promise<void>,
): Promise<readonly string[]> {
  await using copy = await tempDir();
  await cp(at.directory.path, copy.path, { recursive: true });
  await change((name) => join(copy.path, 'tlog', name));
  return await findings(copy.path);
}

const flip = async (path: string, offset: number): Promise<void> => {
  const bytes = await readFile(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  await writeFile(path, bytes);
};

describe('fsck', () => {
  it('finds nothing in good logs', async () => {
    assert.deepEqual(await findings(), []);
    const logs = await checkData({
      connection: at.database.connection,
      blobsDir: at.directory.path,
      seal: SEAL,
    });
    const sizes = new Map(logs.map(({ origin, size }) => [origin, size]));
    assert.deepEqual(
      sizes,
      new Map([
        [ct, 6],
        [rekor, ENTRIES + 1],
      ]),
    );
  });

  const FILES: readonly [
    what: string,
    change: (path: (name: string) => string) => Promise<void>,
    found: RegExp,
  ][] = [
    [
      'a byte of an entry',
      (path) => flip(path(`${rekor}/tile/entries/001`), 100),
      /entry 256: the index has the leaf hash of something else/,
    ],
    [
      'a byte of a length',
      (path) => flip(path(`${rekor}/tile/entries/001`), 0),
      /ends within entry|leaf hash of something else/,
    ],
    [
      'an entry bundle that is gone',
      (path) => rm(path(`${rekor}/tile/entries/000`)),
      /tile\/entries\/000 is missing/,
    ],
    [
      'half a bundle',
      async (path) =>
        writeFile(
          path(`${rekor}/tile/entries/000`),
          (await readFile(path(`${rekor}/tile/entries/000`))).subarray(0, 9000),
        ),
      /ends within entry/,
    ],
    [
      'a hash of a tile',
      (path) => flip(path(`${rekor}/tile/0/001`), 320),
      /tile 1 of level 0 has another hash at 10/,
    ],
    [
      'a hash of a tile above',
      (path) => flip(path(`${rekor}/tile/1/000.p/2`), 3),
      /tile 0 of level 1 has another hash at 0/,
    ],
    ['a tile that is gone', (path) => rm(path(`${rekor}/tile/0/000`)), /tile\/0\/000 is missing/],
    ['a tile of another length', (path) => writeFile(path(`${rekor}/tile/0/000`), 'x'), /has 1 bytes/],
    ['no checkpoint', (path) => rm(path(`${rekor}/checkpoint`)), /no checkpoint is published/],
    [
      'the checkpoint of another log',
      (path) => cp(path(`${ct}/checkpoint`), path(`${rekor}/checkpoint`)),
      /the published checkpoint: it is of the log/,
    ],
    [
      'a root that nobody signed',
      (path) =>
        change(path(`${rekor}/checkpoint`), (text) =>
          text.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${randomBytes(32).toString('base64')}\n`),
        ),
      /its Ed25519 signature is wrong.*names another root/s,
    ],
    [
      'a checkpoint without its second signature',
      (path) => change(path(`${rekor}/checkpoint`), (text) => `${text.split('\n').slice(0, 5).join('\n')}\n`),
      /it is not signed with the ML-DSA-44 key/,
    ],
    [
      'a tree head of the certificate log',
      (path) => change(path(`${ct}/checkpoint`), (text) => text.replace('\n6\n', '\n5\n')),
      /its ECDSA signature is wrong/,
    ],
  ];
  for (const [what, damage, found] of FILES) {
    it(`finds ${what}`, async () => assert.match((await afterChange(damage)).join('\n'), found));
  }

  const ROWS: readonly [what: string, damage: string, repair: string, found: RegExp][] = [
    [
      'a fact that is not of the entry',
      `update tlog_entries set certificate_fingerprint = 'sha256:00' || certificate_fingerprint where log_index = 7 and origin = $1`,
      `update tlog_entries set certificate_fingerprint = 'sha256:' || substr(certificate_fingerprint, 17) where log_index = 7 and origin = $1`,
      /entry 7: the index says certificate/,
    ],
    [
      'a signer of nobody',
      `update tlog_entries set signer = 'x' where log_index = 7 and origin = $1`,
      `update tlog_entries set signer = null where log_index = 7 and origin = $1`,
      /entry 7: the index says signer x, the certificate null/,
    ],
    [
      'two rows that changed places',
      `update tlog_entries set leaf_hash = sha256(leaf_hash) where log_index = 9 and origin = $1`,
      '',
      /entry 9: the index has the leaf hash of something else/,
    ],
    [
      'an entry that is not in the index',
      `delete from tlog_entries where log_index = 9 and origin = $1`,
      '',
      /entry 9 is not in the index.*600 rows for 601 entries/s,
    ],
    [
      'a size that was put back',
      `update tlog_logs set size = 500 where origin = $1`,
      `update tlog_logs set size = 601 where origin = $1`,
      /name different trees.*published a checkpoint of 601 entries, and the database knows 500/s,
    ],
    [
      'a root that was never signed',
      `update tlog_logs set root_hash = sha256(root_hash) where origin = $1`,
      '',
      /name different trees.*the database names another root/s,
    ],
  ];
  for (const [what, damage, repair, found] of ROWS) {
    it(`finds ${what}`, async () => {
      await sqlOf(damage, rekor);
      assert.match((await findings()).join('\n'), found);
      if (repair !== '') await sqlOf(repair, rekor);
    });
  }

  it('finds a name that does not stand in a certificate', async () => {
    await sqlOf(
      `update tlog_entries set signer = 'https://other.example' where log_index = 2 and origin = $1`,
      ct,
    );
    assert.match(
      (await findings()).join('\n'),
      /entry 2: the index says signer https:\/\/other\.example, which does not stand/,
    );
  });
});

async function change(path: string, how: (text: string) => string): Promise<void> {
  const text = await readFile(path, 'utf8');
  assert.notEqual(how(text), text);
  await writeFile(path, how(text));
}

describe('npm run fsck', () => {
  it('checks the data of a server, while it runs and when it does not', async () => {
    await using folder = await tempDir('waybill-fsck-');
    await chmod(folder.path, 0o711);
    const dataDir = join(folder.path, 'data');
    const server = await startProcess({ dataDir, port: await freePort() });
    const good = await runFsck('--data', dataDir);
    assert.equal(good.code, 0, good.output);
    assert.match(good.output, /^log.*: 1 entries: good$/m);
    assert.match(good.output, /^ct.*: 1 entries: good$/m);
    await server.end('SIGTERM');
    const [, name = ''] = /^(log\S+): /m.exec(good.output) ?? [];
    await flip(join(dataDir, 'blobs/tlog', name, 'tile/0/000.p/1'), 0);
    const bad = await runFsck('--data', dataDir);
    assert.equal(bad.code, 1, bad.output);
    assert.match(bad.output, /1 findings\n {2}tile 0 of level 0 has another hash at 0/);
    assert.equal((await runFsck('--data', join(folder.path, 'nothing'))).code, 2);
  });
});
