/** How registered keys end: what their signatures still prove, to accept() and to the gate. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { loadKey, type SigningKey as Key } from '@waybill/clients/keys';
import { isCoded } from '@waybill/core';
import { parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { type Attester, startAttester, type TestWorld, testWorld } from '@waybill/testkit';

let world: TestWorld;
let now = new Date('2026-06-01T12:00:00Z');
const later = (seconds: number) => (now = new Date(now.getTime() + seconds * 1000));

before(async () => {
  world = await testWorld({ clock: () => now });
  for (const name of ['release', 'rotated', 'stolen', 'found', 'kms']) {
    const subject = name === 'kms' ? 'awskms:///alias/*' : name;
    const document = `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: ${name} }\nspec:\n  materials: [{ type: ARTIFACT, name: program, output: true }]\n  signers: [{ issuer: "urn:waybill:key", subject: "${subject}" }]\n`;
    await world.owner.applyContract({ document });
    await world.owner.createWorkflow({ project: 'p', name, contract: name });
  }
});
after(() => world.close());

interface SigningKey {
  readonly key: Key;
  readonly publicKey: string;
}

async function newKey(name: string): Promise<SigningKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const path = join(world.dataDir, `${name}-${Math.random().toString(36).slice(2)}.pem`);
  await writeFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  return {
    key: await loadKey(path, { env: {} }),
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

interface Signed {
  readonly attester: Attester;
  readonly bundle: string;
  readonly push: () => Promise<Receipt>;
}

async function sign(workflow: string, { key }: SigningKey, program = workflow): Promise<Signed> {
  const attester = await startAttester({
    client: world.owner,
    token: world.ownerToken,
    project: 'p',
    workflow,
  });
  const material = await attester.record('program', 'ARTIFACT', utf8(program), true);
  const bundle = await attester.sign(attester.predicate([material]), { type: 'key', key });
  return { attester, bundle, push: () => world.owner.pushAttestation(attester.run.id, bundle) };
}

async function refused(work: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(isCoded(error, 'attestation_signer_unverified'), String(error));
    assert.match(error.message, message);
    return true;
  });
}

const ask = async (contract: string, receipt: Receipt) => {
  const digest = receipt.subjects[0]?.digest ?? '';
  const decision = await world.owner.ask({ subject: { digest }, context: { contract, place: 'test' } });
  return [decision.outcome, decision.reasons[0]?.code];
};

describe('a key that was retired', () => {
  it('proves what was stamped before, and nothing after; verdicts stay', async () => {
    const key = await newKey('release');
    await world.owner.addKey({ name: 'release', publicKey: key.publicKey });
    const judged = await (await sign('release', key, 'one')).push();
    const early = await sign('release', key, 'two');
    later(60);
    const row = await world.owner.revokeKey('release', { revocation: 'retired' });
    assert.equal(row.revokedAt, now.toISOString());
    assert.equal((await early.push()).result, 'PASSED');
    later(1);
    const late = await sign('release', key, 'three');
    await refused(late.push(), /was revoked at .* signed at/);
    assert.deepEqual(await ask('release', judged), ['allow', 'verdict_passed']);
    await assert.rejects(world.owner.revokeKey('release', { revocation: 'retired' }), {
      code: 'identity_key_revoked',
    });
    await assert.rejects(world.owner.removeKey('release'), { code: 'identity_key_not_found' });
    await assert.rejects(world.owner.addKey({ name: 'release', publicKey: key.publicKey }), {
      code: 'identity_key_exists',
    });
  });

  it('proves nothing without a timestamp', async () => {
    const key = await newKey('release');
    await world.owner.addKey({ name: 'release', publicKey: key.publicKey });
    const { attester, bundle } = await sign('release', key);
    later(60);
    await world.owner.revokeKey('release', { revocation: 'retired' });
    const { verificationMaterial, ...others } = JSON.parse(bundle) as { verificationMaterial: object };
    const bare = {
      ...others,
      verificationMaterial: { ...verificationMaterial, timestampVerificationData: undefined },
    };
    assert.deepEqual(parseBundle(JSON.stringify(bare)).timestamps, []);
    await refused(
      world.owner.pushAttestation(attester.run.id, JSON.stringify(bare)),
      /no timestamp says when/,
    );
  });
});

describe('a key that has a successor', () => {
  it('counts beside it for a while, under one name', async () => {
    const [former, successor] = [await newKey('a'), await newKey('b')];
    await world.owner.addKey({ name: 'rotated', publicKey: former.publicKey });
    await world.owner.rotateKey('rotated', { publicKey: successor.publicKey, overlapSeconds: 3600 });
    for (const key of [former, successor])
      assert.equal((await (await sign('rotated', key)).push()).result, 'PASSED');
    later(3601);
    await refused((await sign('rotated', former)).push(), /has a successor and counted until/);
    assert.equal((await (await sign('rotated', successor)).push()).result, 'PASSED');
    const { keys } = await world.owner.listKeys();
    assert.deepEqual(
      keys.filter(({ name }) => name === 'rotated').map(({ validUntil }) => validUntil !== null),
      [false, true],
    );
    // Which of the two is meant has to be said; afterwards one is left.
    await assert.rejects(world.owner.revokeKey('rotated', { revocation: 'compromised' }), {
      code: 'identity_key_exists',
    });
  });

  it('is refused a successor that is registered already, and changes nothing then', async () => {
    const { keys } = await world.owner.listKeys();
    const live = keys.find(({ name, validUntil }) => name === 'rotated' && validUntil === null);
    const again = world.owner.rotateKey('rotated', { publicKey: live?.publicKey ?? '', overlapSeconds: 60 });
    await assert.rejects(again, { code: 'identity_key_exists' });
    assert.deepEqual((await world.owner.listKeys()).keys, keys);
    await assert.rejects(
      world.owner.rotateKey('nobody', { publicKey: live?.publicKey ?? '', overlapSeconds: 60 }),
      {
        code: 'identity_key_not_found',
      },
    );
  });
});

describe('a key that is compromised', () => {
  it('proves nothing, and takes its verdicts with it', async () => {
    const key = await newKey('stolen');
    await world.owner.addKey({ name: 'stolen', publicKey: key.publicKey });
    const judged = await (await sign('stolen', key)).push();
    const early = await sign('stolen', key);
    later(60);
    await world.owner.revokeKey('stolen', { revocation: 'compromised' });
    await refused(early.push(), /is compromised/);
    assert.deepEqual(await ask('stolen', judged), ['deny', 'verdict_withdrawn']);
    // Another signer brings it back.
    const next = await newKey('stolen');
    await world.owner.addKey({ name: 'stolen', publicKey: next.publicKey });
    await (await sign('stolen', next)).push();
    assert.deepEqual(await ask('stolen', judged), ['allow', 'verdict_passed']);
  });

  it('keeps what was judged before it was, when that is known; also of a retired one', async () => {
    const key = await newKey('found');
    await world.owner.addKey({ name: 'found', publicKey: key.publicKey });
    const before = await (await sign('found', key, 'before')).push();
    const since = later(60).toISOString();
    later(60);
    const after = await (await sign('found', key, 'after')).push();
    await world.owner.revokeKey('found', { revocation: 'retired' });
    assert.deepEqual(await ask('found', after), ['allow', 'verdict_passed']);
    await world.owner.revokeKey('found', { revocation: 'compromised', since });
    assert.deepEqual(await ask('found', before), ['allow', 'verdict_passed']);
    assert.deepEqual(await ask('found', after), ['deny', 'verdict_withdrawn']);
    await assert.rejects(world.owner.revokeKey('found', { revocation: 'retired' }), {
      code: 'identity_key_revoked',
    });
  });
});

describe('a key that a key service keeps', () => {
  it('answers to its reference too, and nobody is asked', async () => {
    const key = await newKey('kms');
    const reference = 'awskms:///alias/release';
    await world.owner.addKey({ name: 'kms-key', publicKey: key.publicKey, reference });
    const receipt = await (await sign('kms', key)).push();
    assert.equal(receipt.result, 'PASSED');
    assert.equal(receipt.signer.type === 'key' && receipt.signer.reference, reference);
    const { publicKey } = await newKey('kms');
    await assert.rejects(world.owner.addKey({ name: 'twice', publicKey, reference }), {
      code: 'identity_key_exists',
    });
    for (const other of [
      'https://kms.example.com',
      'awskms://',
      'awskms:///alias/*',
      'awskms:///a b',
      'kms',
    ]) {
      await assert.rejects(world.owner.addKey({ name: 'odd', publicKey, reference: other }), {
        code: 'identity_key_invalid',
      });
    }
    const plain = await newKey('plain');
    await world.owner.addKey({ name: 'plain', publicKey: plain.publicKey });
    assert.equal((await (await sign('kms', plain)).push()).findings[0]?.code, 'signer_not_allowed');
  });
});
