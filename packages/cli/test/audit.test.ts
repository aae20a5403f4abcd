import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { AuditList, DeadLetter, DeadLetterList } from '@waybill/api';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

let world: TestWorld;
let place: Awaited<ReturnType<typeof workspace>>;

before(async () => {
  place = await workspace();
  world = await testWorld({ anchorIntervalMs: 20 });
  for (const name of ['a', 'b']) await world.owner.createToken({ name, role: 'viewer' });
  await whenAnchored();
});
after(async () => {
  await world.close();
  await place[Symbol.asyncDispose]();
});

async function whenAnchored(): Promise<void> {
  for (;;) {
    const { anchored, rows } = await world.owner.verifyAudit();
    if (anchored === rows) return;
    await delay(20);
  }
}

const run = (words: string): Promise<Ended> =>
  waybill(words.split(' '), {
    cwd: place.dir,
    env: { WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() },
  });

async function succeed(words: string): Promise<Ended> {
  const result = await run(words);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

async function notVerified(words: string, text: RegExp): Promise<void> {
  const { code, stderr } = await run(words);
  assert.match(stderr, text);
  assert.equal(code, 3);
}

describe('waybill audit list', () => {
  it('shows who did what, and goes on where a page ended', async () => {
    const { stdout } = await succeed('audit list');
    assert.match(stdout, /^TIME +ACTOR +ACTION +TARGET +OUTCOME +ENTRY\n/);
    assert.match(stdout, / identity\.create-token +token:\S+ +ok +3\n/);
    const first = JSON.parse((await succeed('audit list --limit 1 -o json')).stdout) as AuditList;
    const next = JSON.parse((await succeed(`audit list --before ${first.next} -o json`)).stdout) as AuditList;
    assert.equal(next.rows.length, 2);
    assert.ok((await run('audit list --limit 1')).stderr.includes(`--before ${first.next}`));
    assert.equal((await succeed('audit list --outcome refused')).stdout, 'no rows\n');
  });
});

describe('waybill audit verify', () => {
  it('proves the trail, and that it still holds an anchor that was kept', async () => {
    const { stdout } = await succeed('audit verify --keep-anchor anchor.json');
    assert.match(stdout, /^audit trail +verified$/m);
    assert.match(stdout, /^anchored +entry 3 at \S+, log index \d+ in \S+$/m);
    await world.owner.createToken({ name: 'c', role: 'viewer' });
    await whenAnchored();
    const again = JSON.parse((await succeed('audit verify --anchor anchor.json -o json')).stdout);
    assert.deepEqual(
      again.anchors.map(({ sequence }: { sequence: number }) => sequence),
      [3, 4],
    );
  });

  it('takes the word of whoever is named, and of nobody else', async () => {
    const { verifier, issuer } = await world.owner.info();
    const by = (name: string) =>
      `audit verify --certificate-identity ${name} --certificate-oidc-issuer ${issuer}`;
    await succeed(by(verifier));
    await notVerified(by(`${verifier}s`), /\[verify_identity\]/);
  });

  it('ends with 3 when a row was changed, whatever the server says of itself', async () => {
    const actor = (text: string) =>
      world.rows(`update ground_audit set actor = $1 where action = 'identity.create-organization'`, [text]);
    await actor('token:nobody');
    await notVerified('audit verify', /entry 1: row \d+ hashes to .* \[audit_chain_broken\]/);
    await actor('system');
    await succeed('audit verify');
  });

  it('ends with 3 for an anchor of elsewhere or one that was touched', async () => {
    const anchor = await readFile(path.join(place.dir, 'anchor.json'), 'utf8');
    const other = await world.stranger();
    await other.client.createToken({ name: 'theirs', role: 'viewer' });
    for (;;) {
      const { anchored } = await other.client.verifyAudit();
      if (anchored === 1) break;
      await delay(20);
    }
    const file = path.join(place.dir, 'other.json');
    await writeFile(file, (await other.client.readAuditAnchor()).bundle);
    await notVerified(`audit verify --anchor ${file}`, /\[(?:audit_anchor_mismatch|not_verified)\]/);
    await writeFile(file, anchor.replace(/"payload":"..../, '"payload":"AAAA'));
    await notVerified(`audit verify --anchor ${file}`, /is not verified/);
  });
});

describe('waybill dead-letter', () => {
  it('lists what was given up and has it delivered once more', async () => {
    assert.equal((await succeed('dead-letter list')).stdout, 'no dead letters\n');
    await world.rows(
      `insert into ground_failures (follower, event_id, org_id, type, attempts, code, message,
         first_failed_at, last_failed_at, dead_at)
       select 'audit', id, org_id, action, 8, 'request_invalid', 'not this one', now(), now(), now()
       from ground_audit where action = 'identity.create-organization'`,
    );
    const { stdout } = await succeed('dead-letter list');
    assert.match(
      stdout,
      / audit +identity\.create-organization \d+ +8 +\S+ \S+ +not this one \[request_invalid\]\n/,
    );
    const [letter] = (JSON.parse((await succeed('dead-letter list -o json')).stdout) as DeadLetterList)
      .deadLetters;
    assert.ok(letter);
    const asked = JSON.parse((await succeed(`dead-letter retry ${letter.id} -o json`)).stdout) as DeadLetter;
    assert.deepEqual(asked, { ...letter, retrying: true });
    while ((await world.owner.listDeadLetters()).deadLetters.length > 0) await delay(20);
    const [row] = (await world.owner.listAudit({ action: 'ground.retry-dead-letter' })).rows;
    assert.equal(row?.target, `dead-letter:${letter.id}`);
    const gone = await run(`dead-letter retry ${letter.id}`);
    assert.match(gone.stderr, /\[dead_letter_not_found\]/);
    assert.equal(gone.code, 1);
  });

  it('is for owners', async () => {
    const { secret } = await world.owner.createToken({ name: 'admin', role: 'admin' });
    const { code, stderr } = await waybill(['dead-letter', 'list'], {
      cwd: place.dir,
      env: { WAYBILL_URL: world.url, WAYBILL_TOKEN: secret },
    });
    assert.match(stderr, /needs owner/);
    assert.equal(code, 1);
  });
});
