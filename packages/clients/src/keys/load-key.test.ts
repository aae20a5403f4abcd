import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, scryptSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { secretbox } from '@noble/ciphers/salsa.js';
import { CodedError, Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { publicKeyFrom, verifySignature } from '@waybill/core/crypto';
import { formatPem } from '@waybill/core/x509';
import fc from 'fast-check';
import { generateEphemeralKey, loadKey, type SigningKey } from './index.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const ed = generateKeyPairSync('ed25519').privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const passphrase = new Secret('correct horse');
const encryption = { cipher: 'aes-256-cbc', passphrase: passphrase.reveal() };

const pkcs8 = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const spki = (key: KeyObject) =>
  createPublicKey(pkcs8(key)).export({ format: 'pem', type: 'spki' }).toString();

/** As cosign writes it, but for the work that the passphrase takes. */
function cosignFile(key: KeyObject, text: string, params: object = {}): string {
  const [salt, nonce] = [randomBytes(32), randomBytes(24)];
  const opener = secretbox(scryptSync(text, salt, 32, { N: 2, r: 1, p: 1 }), nonce);
  const box = {
    kdf: { name: 'scrypt', params: { N: 2, r: 1, p: 1, ...params }, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(opener.seal(key.export({ format: 'der', type: 'pkcs8' }))).toString('base64'),
  };
  return formatPem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(JSON.stringify(box)));
}

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-keys-'));
});
after(() => rm(directory, { recursive: true }));

async function load(pem: string, options: Parameters<typeof loadKey>[1] = { env: {} }): Promise<SigningKey> {
  const path = join(directory, 'key.pem');
  await writeFile(path, pem);
  return loadKey(path, options);
}

async function assertSigns(key: SigningKey): Promise<void> {
  const signature = await key.sign(utf8('hello'));
  assert.ok(verifySignature(publicKeyFrom(key.publicKey), utf8('hello'), signature));
}

describe('loadKey', () => {
  const forms: Readonly<Record<string, readonly [KeyObject, string]>> = {
    'ECDSA in PKCS#8': [ec, pkcs8(ec)],
    'ECDSA in SEC1': [ec, ec.export({ format: 'pem', type: 'sec1' }).toString()],
    'Ed25519 in PKCS#8': [ed, pkcs8(ed)],
    'RSA in PKCS#8': [rsa, pkcs8(rsa)],
    'RSA in PKCS#1': [rsa, rsa.export({ format: 'pem', type: 'pkcs1' }).toString()],
  };
  for (const [form, [key, pem]] of Object.entries(forms)) {
    it(`reads ${form}`, async () => {
      const loaded = await load(pem);
      assert.equal(loaded.publicKey, spki(key));
      assert.match(loaded.fingerprint, /^sha256:[0-9a-f]{64}$/);
      await assertSigns(loaded);
    });
  }

  const encrypted: Readonly<Record<string, string>> = {
    'PKCS#8': ec.export({ format: 'pem', type: 'pkcs8', ...encryption }).toString(),
    'SEC1 with a legacy header': ec.export({ format: 'pem', type: 'sec1', ...encryption }).toString(),
  };
  for (const [form, pem] of Object.entries(encrypted)) {
    it(`opens encrypted ${form} with the passphrase, given or from WAYBILL_KEY_PASSWORD`, async () => {
      assert.equal((await load(pem, { passphrase, env: {} })).publicKey, spki(ec));
      assert.equal((await load(pem, { env: { WAYBILL_KEY_PASSWORD: 'correct horse' } })).publicKey, spki(ec));
    });

    it(`says whether the passphrase of encrypted ${form} is missing or wrong`, async () => {
      await assert.rejects(load(pem), { code: 'key_passphrase_missing' });
      await assert.rejects(load(pem, { passphrase: new Secret('wrong'), env: {} }), {
        code: 'key_passphrase_wrong',
      });
    });
  }

  it('opens a key file of cosign with the passphrase, also an empty one', async () => {
    for (const text of ['correct horse', '']) {
      const file = cosignFile(ec, text);
      const secret = new Secret(text);
      assert.equal((await load(file, { passphrase: secret, env: {} })).publicKey, spki(ec));
      assert.equal((await load(file, { env: { COSIGN_PASSWORD: text } })).publicKey, spki(ec));
      await assert.rejects(load(file), { code: 'key_passphrase_missing' });
      const wrong = { passphrase: new Secret('wrong'), env: {} };
      await assert.rejects(load(file, wrong), { code: 'key_passphrase_wrong' });
    }
  });

  it('refuses a key file of cosign that asks for more memory or work than cosign writes', async () => {
    const refused = { code: 'key_unsupported', message: /not a key file of cosign/ };
    for (const params of [{ N: 2 ** 20 }, { N: 1000 }, { N: 1 }, { r: 2 ** 20 }, { r: 0 }, { p: 2 ** 30 }]) {
      await assert.rejects(
        load(cosignFile(ec, 'x', params), { passphrase: new Secret('x'), env: {} }),
        refused,
      );
    }
    const damaged = '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nZm9v\n';
    await assert.rejects(load(damaged, { passphrase, env: {} }), refused);
  });

  it('reads env://NAME, also on one line', async () => {
    const env = { KEY: pkcs8(ec), LINE: pkcs8(ec).replaceAll('\n', '\\n') };
    assert.equal((await loadKey('env://KEY', { env })).publicKey, spki(ec));
    assert.equal((await loadKey('env://LINE', { env })).publicKey, spki(ec));
    await assert.rejects(loadKey('env://NONE', { env }), { code: 'key_not_found' });
  });

  it('says what is wrong with what is no private key', async () => {
    await assert.rejects(loadKey(join(directory, 'absent.pem')), { code: 'key_not_found' });
    await assert.rejects(loadKey(directory), { code: 'key_unreadable' });
    await assert.rejects(load(spki(ec)), { code: 'key_is_public' });
    await assert.rejects(load(''), { code: 'key_unsupported' });
    await assert.rejects(load('x'.repeat(70_000)), { code: 'key_unsupported' });
    await assert.rejects(load(pkcs8(generateKeyPairSync('x25519').privateKey)), { code: 'key_unsupported' });
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    await assert.rejects(load(pkcs8(weak)), { code: 'key_unsupported' });
    const k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    await assert.rejects(load(pkcs8(k1)), { code: 'key_unsupported' });
  });

  it('refuses a key whose public part is not its own', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const point = (key: KeyObject) => key.export({ format: 'der', type: 'pkcs8' }).subarray(-65);
    const mixed = Buffer.concat([ec.export({ format: 'der', type: 'pkcs8' }).subarray(0, -65), point(other)]);
    const pem = `-----BEGIN PRIVATE KEY-----\n${mixed.toString('base64')}\n-----END PRIVATE KEY-----\n`;
    await assert.rejects(load(pem), { code: 'key_unsupported', message: /do not match/ });
  });

  it('refuses a key whose number is longer than its curve, which OpenSSL reads but does not write', async () => {
    const octets = ec.export({ format: 'der', type: 'pkcs8' });
    const scalar = Buffer.alloc(300, 1);
    const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
      const content = Buffer.concat(parts);
      return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
    };
    const sec1 = tlv(0x30, Uint8Array.of(2, 1, 1), tlv(0x04, scalar));
    // Version and algorithm as they are.
    const der = tlv(0x30, octets.subarray(3, 27), tlv(0x04, sec1));
    const pem = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
    await assert.rejects(load(pem), { code: 'key_unsupported', message: /damaged/ });
  });

  it('gives a coded error for any text, never a raw exception', async () => {
    const damaged = fc.tuple(fc.nat(pkcs8(ec).length), fc.string({ maxLength: 20 })).map(([at, text]) => {
      const pem = pkcs8(ec);
      return pem.slice(0, at) + text + pem.slice(at + text.length);
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), damaged), async (pem) => {
        try {
          await assertSigns(await loadKey('env://KEY', { env: { KEY: pem } }));
        } catch (error) {
          assert.ok(error instanceof CodedError, String(error));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('generateEphemeralKey', () => {
  it('makes another P-256 key each time', async () => {
    const [a, b] = [generateEphemeralKey(), generateEphemeralKey()];
    assert.notEqual(a.publicKey, b.publicKey);
    assert.equal(publicKeyFrom(a.publicKey).asymmetricKeyDetails?.namedCurve, 'prime256v1');
    await assertSigns(a);
  });
});
