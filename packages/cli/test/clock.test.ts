/** A clock that is a day wrong, on either side, in either direction: it works, or what fails says clock. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

let world: TestWorld;
let serverShiftMs = 0;

before(async () => {
  world = await testWorld({ clock: () => new Date(Date.now() + serverShiftMs) });
  await world.owner.applyContract({
    document:
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n' +
      '    - { type: STRING, name: version }\n',
  });
  await world.owner.createWorkflow({ project: 'demo', name: 'build', contract: 'release' });
});
after(() => world.close());

/** A pipeline on a machine whose clock is off by so much. */
async function pipeline(shiftMs: number) {
  const at = await workspace();
  const clock = path.join(at.dir, 'clock.mjs');
  await writeFile(
    clock,
    `const Right = Date;
globalThis.Date = class Date extends Right {
  constructor(...given) { given.length > 0 ? super(...given) : super(Right.now() + ${shiftMs}); }
  static now() { return Right.now() + ${shiftMs}; }
};`,
  );
  const env = {
    WAYBILL_URL: world.url,
    WAYBILL_TOKEN: world.ownerToken.reveal(),
    NODE_OPTIONS: `--import=${clock}`,
  };
  const run = (words: string): Promise<Ended> => waybill(words.split(' '), { cwd: at.dir, env });
  return {
    run,
    init: () => succeed(run('att init --project demo --workflow build -o json')),
    async push(): Promise<string> {
      await succeed(run('att add --name version --value 1'));
      const { runId } = JSON.parse((await succeed(run('att push -o json'))).stdout) as { runId: string };
      return runId;
    },
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

async function succeed(run: Promise<Ended>): Promise<Ended> {
  const result = await run;
  assert.equal(result.code, 0, result.stderr);
  return result;
}

async function failsByClock(run: Promise<Ended>): Promise<void> {
  const result = await run;
  assert.notEqual(result.code, 0, result.stdout);
  assert.match(result.stderr, /clock/);
}

describe('the clock of the CI machine', () => {
  it('a day ahead: attests, and verifies', async () => {
    await using at = await pipeline(DAY_MS);
    await at.init();
    const runId = await at.push();
    await succeed(at.run(`att verify ${runId}`));
  });

  it('a day behind: attests; verifying, to which everything lies in the future, says clock', async () => {
    await using at = await pipeline(-DAY_MS);
    await at.init();
    const runId = await at.push();
    await failsByClock(at.run(`att verify ${runId}`));
  });
});

describe('the clock of the server', () => {
  it('set a day ahead during a run: the run has expired, by the clock of the server', async () => {
    await using at = await pipeline(0);
    await at.init();
    await succeed(at.run('att add --name version --value 1'));
    serverShiftMs = DAY_MS;
    await failsByClock(at.run('att push'));
    // The same command goes on where the clock is right again.
    serverShiftMs = 0;
    await succeed(at.run('att push'));
  });

  it('passes the end that a run has asked for: expired; more than the server grants is refused', async () => {
    await using at = await pipeline(0);
    const init = 'att init --project demo --workflow build -o json --expires';
    const { code, stderr } = await at.run(`${init} 25h`);
    assert.equal(code, 1);
    assert.match(stderr, /at most 86400 s, found 90000.*attestation_lifetime_too_long/s);
    await succeed(at.run(`${init} 2h`));
    await succeed(at.run('att add --name version --value 1'));
    serverShiftMs = 3 * HOUR_MS;
    await failsByClock(at.run('att push'));
    const { runs } = await world.owner.listRuns({ state: 'EXPIRED' });
    assert.equal(runs.length, 1);
    serverShiftMs = 0;
  });

  it('a day ahead: attests; whoever verifies with a right clock is told', async () => {
    serverShiftMs = DAY_MS;
    await using at = await pipeline(0);
    await at.init();
    const runId = await at.push();
    await failsByClock(at.run(`att verify ${runId}`));
    serverShiftMs = 0;
  });

  it('set a day back, before its own authorities began: signs nothing, and says clock', async () => {
    await using at = await pipeline(0);
    await at.init();
    await succeed(at.run('att add --name version --value 1'));
    serverShiftMs = -DAY_MS;
    await failsByClock(at.run('att push'));
    serverShiftMs = 0;
    await succeed(at.run('att push'));
  });
});
