import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CreatedToken, TokenList } from '@waybill/api';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: release }
spec:
  materials:
    - { name: version, type: STRING }
`;

let world: TestWorld;
before(async () => {
  world = await testWorld();
  await world.owner.applyContract({ document: CONTRACT });
  await world.owner.createWorkflow({ project: 'demo', name: 'build', contract: 'release' });
});
after(() => world.close());

async function run(words: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  await using at = await workspace();
  const owner = { WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() };
  return await waybill(words.split(' '), { cwd: at.dir, env: { ...owner, ...env } });
}

async function succeed(words: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const result = await run(words, env);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

const robot = (secret: string): NodeJS.ProcessEnv => ({
  WAYBILL_TOKEN: '',
  CHAINLOOP_ROBOT_ACCOUNT: secret,
});

describe('waybill workflow robot-account', () => {
  it('creates, lists, rotates and revokes', async () => {
    const create =
      'workflow robot-account create --project demo --workflow build --name gitlab --expires 90d';
    const created = await succeed(create);
    const secret = created.stdout.trim();
    assert.match(secret, /^wb_[\w-]{43}$/);
    assert.match(created.stderr, /not shown again/);
    const whoami = await succeed('whoami', robot(secret));
    assert.match(whoami.stdout, /robot/);
    assert.match(whoami.stdout, /demo\/build/);

    const listed = await succeed('wf robot-account list --workflow demo/build');
    assert.match(listed.stdout, /^gitlab +until \d{4}/m);
    assert.ok(!listed.stdout.includes(secret));

    const rotated = await succeed('wf robot-account rotate gitlab --workflow demo/build -o json');
    const renewed = (JSON.parse(rotated.stdout) as CreatedToken).secret;
    assert.equal((await run('whoami', robot(secret))).code, 1);
    await succeed('whoami', robot(renewed));

    await succeed('wf robot-account revoke gitlab --workflow demo/build');
    const gone = await run('whoami', robot(renewed));
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /"gitlab"\) was revoked at .*robot-account rotate/);
    const left = await succeed('wf robot-account list --workflow demo/build -o json');
    assert.deepEqual((JSON.parse(left.stdout) as TokenList).tokens, []);
    const all = await succeed('wf robot-account list --workflow demo/build --all');
    assert.equal(all.stdout.match(/ revoked /g)?.length, 2);
  });

  it('says what it wants to know, and which workflow was meant', async () => {
    const unnamed = await run('workflow robot-account list --workflow build');
    assert.equal(unnamed.code, 2);
    assert.match(unnamed.stderr, /--workflow needs --project/);
    const twice = await run('workflow robot-account list --project demo --workflow demo/build');
    assert.match(twice.stderr, /PROJECT\/WORKFLOW/);
    const typo = await run('workflow robot-account create --workflow demo/biuld --name x');
    assert.match(typo.stderr, /did you mean demo\/build\?/);
    const help = await succeed('workflow robot-account --help');
    assert.match(help.stdout, /rotate +Give one a new secret/);
  });
});

describe('CHAINLOOP_ROBOT_ACCOUNT', () => {
  it('sends a token of another product nowhere', async () => {
    const foreign = await run('whoami', robot('eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln'));
    assert.equal(foreign.code, 2);
    assert.match(foreign.stderr, /expected a robot account of Waybill.*robot-account create/);
    assert.ok(!foreign.stderr.includes('eyJ'));
  });

  it('counts after WAYBILL_TOKEN', async () => {
    const { stdout } = await succeed('whoami', { CHAINLOOP_ROBOT_ACCOUNT: `wb_${'x'.repeat(43)}` });
    assert.match(stdout, /owner/);
  });
});
