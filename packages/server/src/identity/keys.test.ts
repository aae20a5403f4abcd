import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { CodedError } from '@waybill/core';
import { sha256 } from '@waybill/core/crypto';
import fc from 'fast-check';
import { type IdentityWorld, identityWorld, warmUp } from './fixture.ts';
import { addKey, findKeyByFingerprint, listKeys, parsePublicKey, removeKey } from './keys.ts';

let w: IdentityWorld;
before(async () => {
  w = await identityWorld();
});
after(() => w.close());

const spki = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }).toString();
const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

describe('parsePublicKey', () => {
  it('takes ECDSA, Ed25519 and RSA, and names them by the SHA-256 of their SPKI', () => {
    for (const { publicKey } of [
      p256(),
      generateKeyPairSync('ec', { namedCurve: 'P-384' }),
      generateKeyPairSync('ed25519'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ]) {
      const parsed = parsePublicKey(`\n${spki(publicKey).replaceAll('\n', '\r\n')}  `);
      assert.equal(parsed.publicKey, spki(publicKey));
      const hex = Buffer.from(sha256(publicKey.export({ format: 'der', type: 'spki' }))).toString('hex');
      assert.equal(parsed.fingerprint, `sha256:${hex}`);
    }
  });

  it('refuses a private key, saying that it is exposed', () => {
    const { privateKey } = p256();
    for (const type of ['pkcs8', 'sec1'] as const) {
      const pem = privateKey.export({ format: 'pem', type }).toString();
      assert.throws(() => parsePublicKey(pem), {
        code: 'identity_key_invalid',
        message: /private key.*exposed/,
      });
    }
  });

  it('refuses two keys, other PEM, weak and unusable keys', () => {
    const one = spki(p256().publicKey);
    const weak = spki(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey);
    const k1 = spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey);
    const x25519 = spki(generateKeyPairSync('x25519').publicKey);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const pkcs1 = rsa.export({ format: 'pem', type: 'pkcs1' }).toString();
    for (const pem of [one + one, `${one}x`, weak, k1, x25519, pkcs1, '', one.replace('MFk', 'MFl')]) {
      assert.throws(() => parsePublicKey(pem), { code: 'identity_key_invalid' });
    }
  });

  it('gives a coded error for any text, never a raw exception', () => {
    const good = spki(p256().publicKey);
    const damaged = fc
      .tuple(fc.nat(good.length), fc.string({ maxLength: 9 }))
      .map(([at, text]) => good.slice(0, at) + text + good.slice(at + text.length));
    fc.assert(
      fc.property(fc.oneof(fc.string(), damaged), (pem) => {
        try {
          parsePublicKey(pem);
        } catch (error) {
          assert.ok(error instanceof CodedError, String(error));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('addKey', () => {
  it('adds, lists and removes, each with an audit row', async () => {
    const before = (await w.auditActions()).length;
    const key = await addKey(w.deps, w.owner, { name: 'release', publicKey: spki(p256().publicKey) });
    assert.deepEqual(await listKeys(w.deps, w.owner), [key]);
    const found = await w.t.db.withOrg(w.owner.orgId, (tx) => findKeyByFingerprint(tx, key.fingerprint));
    assert.deepEqual(found, key);
    await removeKey(w.deps, w.owner, { name: 'release' });
    assert.deepEqual(await listKeys(w.deps, w.owner), []);
    assert.deepEqual((await w.auditActions()).slice(before), ['identity.add-key', 'identity.remove-key']);
  });

  it('gives one name to one key, also side by side', async () => {
    const publicKey = spki(p256().publicKey);
    await warmUp(w);
    const names = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? 'one' : 'two'));
    const results = await Promise.allSettled(
      names.map((name) => addKey(w.deps, w.owner, { name, publicKey })),
    );
    const codes = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    assert.deepEqual(
      codes,
      Array.from({ length: 7 }, () => 'identity_key_exists'),
    );
    await addKey(w.deps, w.stranger, { name: 'one', publicKey });
  });

  it('is refused to members, and to admins of a part', async () => {
    const publicKey = spki(p256().publicKey);
    const member = (await w.token({ role: 'member' })).principal;
    const part = (await w.token({ role: 'admin', scope: { type: 'project', project: 'demo' } })).principal;
    for (const principal of [member, part]) {
      const refused = { code: 'identity_forbidden' };
      await assert.rejects(addKey(w.deps, principal, { name: 'k', publicKey }), refused);
      await assert.rejects(removeKey(w.deps, principal, { name: 'one' }), refused);
      const last = (await w.auditActions()).slice(-2);
      assert.deepEqual(last, ['identity.add-key refused', 'identity.remove-key refused']);
    }
  });
});

describe('removeKey', () => {
  it("answers another tenant's key as an unknown one", async () => {
    await addKey(w.deps, w.stranger, { name: 'theirs', publicKey: spki(p256().publicKey) });
    const unknown = { code: 'identity_key_not_found' };
    await assert.rejects(removeKey(w.deps, w.owner, { name: 'theirs' }), unknown);
    await assert.rejects(removeKey(w.deps, w.owner, { name: 'nobody' }), unknown);
    assert.ok((await listKeys(w.deps, w.stranger)).some((key) => key.name === 'theirs'));
  });
});
