import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCoded, Secret } from '@waybill/core';
import { type TempDir, type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import fc from 'fast-check';
import { openMasterKey } from './master-key.ts';
import { createSeal } from './seal.ts';

const broken = (error: unknown): boolean => isCoded(error, 'seal_broken');

describe('createSeal', () => {
  const seal = createSeal(randomBytes(32));

  it('opens what it sealed, for the same purpose only', () => {
    const plain = Buffer.from('private key');
    const sealed = seal.seal(plain, 'issuer');
    assert.deepEqual(Buffer.from(seal.open(sealed, 'issuer')), plain);
    assert.notDeepEqual(seal.seal(plain, 'issuer'), sealed);
    assert.throws(() => seal.open(sealed, 'other'), broken);
    assert.throws(() => createSeal(randomBytes(32)).open(sealed, 'issuer'), broken);
  });

  it('refuses every changed or foreign byte string', () => {
    const sealed = seal.seal(Buffer.from('x'), 'p');
    for (const [at, byte] of sealed.entries()) {
      const changed = Uint8Array.from(sealed);
      changed[at] = byte ^ 1;
      assert.throws(() => seal.open(changed, 'p'), broken);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) =>
        assert.throws(() => seal.open(bytes, 'p'), broken),
      ),
    );
  });
});

describe('openMasterKey', () => {
  let t: TestDatabase;
  let directory: TempDir;
  let sealed: Uint8Array;
  before(async () => {
    t = await testDatabase();
    directory = await tempDir();
  });
  after(async () => {
    await t.close();
    await directory.remove();
  });
  const open = (key: string | null = null) =>
    openMasterKey({
      dataDir: directory.path,
      db: t.db,
      fromEnvironment: key === null ? null : new Secret(key),
    });
  const file = (): string => join(directory.path, 'master.key');

  it('makes the key on the first start, private, and finds it again', async () => {
    sealed = (await open()).seal(Buffer.from('secret'), 'p');
    assert.equal(statSync(file()).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(directory.path), ['master.key']);
    assert.equal(Buffer.from((await open()).open(sealed, 'p')).toString(), 'secret');
  });

  it('refuses another key, a wrong length and a file that others can read', async () => {
    await assert.rejects(open(randomBytes(32).toString('base64')), (error) =>
      isCoded(error, 'master_key_invalid'),
    );
    await assert.rejects(open(randomBytes(31).toString('base64')), /found 31 bytes/);
    await assert.rejects(open('not base64!'), (error) => isCoded(error, 'master_key_invalid'));
    chmodSync(file(), 0o640);
    await assert.rejects(open(), /chmod 600/);
    chmodSync(file(), 0o600);
  });

  it('takes the same key from the environment, and never makes a second one', async () => {
    const key = readFileSync(file(), 'utf8').trim();
    rmSync(file());
    await assert.rejects(open(), (error) => isCoded(error, 'master_key_missing'));
    assert.deepEqual(readdirSync(directory.path), []);
    assert.equal(Buffer.from((await open(key)).open(sealed, 'p')).toString(), 'secret');
  });
});
