import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { sql } from 'kysely';
import { createSeal } from '../ground/index.ts';
import { type IdentityWorld, identityWorld, MASTER_KEY, PUBLIC_URL } from './fixture.ts';
import { issueIdentityToken, verifyIdentityToken } from './identity-token.ts';
import { checkIssuer, openIssuer, parsePublicUrl } from './issuer.ts';

let w: IdentityWorld;
before(async () => {
  w = await identityWorld();
});
after(() => w.close());

const ground = (masterKey: Uint8Array = MASTER_KEY) => ({
  db: w.t.db,
  clock: () => w.now,
  seal: createSeal(masterKey),
});

describe('checkIssuer', () => {
  it('takes the same public URL again, with or without a trailing slash', async () => {
    await checkIssuer(ground(), PUBLIC_URL);
    await checkIssuer(ground(), `${PUBLIC_URL}/`);
  });

  it('refuses another public URL unless the change is allowed', async () => {
    const changed = 'https://waybill.example.org';
    await assert.rejects(checkIssuer(ground(), changed), {
      code: 'identity_issuer_changed',
      message: /was http:\/\/127\.0\.0\.1:7070 and is now https:\/\/waybill\.example\.org\./,
    });
    w.now = new Date(w.now.getTime() + 1000);
    await checkIssuer(ground(), changed, { allowChange: true });
    await checkIssuer(ground(), changed);
    await assert.rejects(checkIssuer(ground(), PUBLIC_URL), { code: 'identity_issuer_changed' });
    w.now = new Date(w.now.getTime() + 1000);
    await checkIssuer(ground(), PUBLIC_URL, { allowChange: true });
    assert.equal((await w.auditActions()).filter((action) => action === 'identity.adopt-issuer').length, 3);
  });

  it('refuses a public URL that is no origin', () => {
    for (const url of ['', 'x', 'ftp://a', 'http://a/b', 'http://a/?x', 'http://a/#x', 'http://u:p@a']) {
      assert.throws(() => parsePublicUrl(url), { code: 'identity_public_url_invalid' });
    }
    assert.throws(
      () => parsePublicUrl('x'.repeat(100_000)),
      (error: Error) => error.message.length < 400,
    );
  });
});

describe('openIssuer', () => {
  it('keeps its key over a restart', async () => {
    const again = await openIssuer(ground(), PUBLIC_URL);
    assert.equal(again.signingKey.kid, w.deps.issuer.signingKey.kid);
    const { jwt } = await issueIdentityToken(w.deps, w.owner, { audience: 'sigstore', target: {} });
    await verifyIdentityToken({ ...w.deps, issuer: again }, jwt);
  });

  it('makes one key when several processes start side by side', async () => {
    await using fresh = await identityWorld();
    await fresh.t.db.asSystem((tx) => sql`delete from identity_signing_keys`.execute(tx));
    const deps = { ...ground(), db: fresh.t.db };
    const kids = (await Promise.all([1, 2, 3].map(() => openIssuer(deps, PUBLIC_URL)))).map(
      (issuer) => issuer.signingKey.kid,
    );
    assert.equal(new Set(kids).size, 1);
  });

  it('stores the private key sealed, and says so when the master key is another', async () => {
    const wrong = ground(new Uint8Array(32).fill(8));
    await assert.rejects(openIssuer(wrong, PUBLIC_URL), { code: 'identity_signing_key_unreadable' });
  });

  it('refuses a sealed key that was moved to another kid', async () => {
    await using fresh = await identityWorld();
    await fresh.t.db.asSystem((tx) => sql`update identity_signing_keys set kid = 'swapped'`.execute(tx));
    await assert.rejects(openIssuer({ ...ground(), db: fresh.t.db }, PUBLIC_URL), {
      code: 'identity_signing_key_unreadable',
    });
  });
});
