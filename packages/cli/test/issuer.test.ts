import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { IssuerList } from '@waybill/api';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

let world: TestWorld;
let place: Awaited<ReturnType<typeof workspace>>;

before(async () => {
  place = await workspace();
  world = await testWorld();
});
after(async () => {
  await world.close();
  await place[Symbol.asyncDispose]();
});

const run = (words: string): Promise<Ended> =>
  waybill(words.split(' '), {
    cwd: place.dir,
    env: { WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() },
  });

describe('waybill issuer', () => {
  it('lists a well-known issuer by its name, shows it and takes it off', async () => {
    assert.match((await run('issuer list')).stdout, /no issuers beside the built-in one/);
    const added = await run('issuer add github');
    assert.equal(added.code, 0, added.stderr);
    const spire = 'issuer add https://spire.example.com --kind spiffe --trust-domain example.com';
    assert.equal((await run(spire)).code, 0);
    const { issuers } = JSON.parse((await run('issuer list -o json')).stdout) as IssuerList;
    assert.deepEqual(
      issuers.map(({ url, kind, trustDomain }) => [url, kind, trustDomain]),
      [
        ['https://spire.example.com', 'spiffe', 'example.com'],
        ['https://token.actions.githubusercontent.com', 'github', undefined],
      ],
    );
    assert.equal((await run('issuer remove https://spire.example.com')).code, 0);
    assert.doesNotMatch((await run('issuer list')).stdout, /spire/);
  });

  it('says what is missing', async () => {
    const { code, stderr } = await run('issuer add https://login.example.com');
    assert.equal(code, 2);
    assert.match(stderr, /--kind/);
    assert.match((await run('issuer add https://u.example.com --kind uri')).stderr, /subject-domain/);
  });
});
