import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLog } from '../log/log.ts';
import { guardClock, type OtherClock } from './clock-guard.ts';

const HOUR_MS = 3_600_000;
const log = createLog('silent');

/** A machine: time passes in it, its clock is set, and it sleeps. */
function machine() {
  const at = { wallMs: Date.UTC(2026, 2, 1), elapsedMs: 500, sleptMs: 0 };
  return {
    local: {
      clock: () => new Date(at.wallMs),
      elapsedMs: () => at.elapsedMs,
      sleptMs: () => at.sleptMs,
    },
    pass(ms: number) {
      at.wallMs += ms;
      at.elapsedMs += ms;
    },
    set(byMs: number) {
      at.wallMs += byMs;
    },
    sleep(ms: number) {
      at.wallMs += ms;
      at.sleptMs += ms;
    },
  };
}

/** `says` is how far the machine is ahead; a function is asked in its place. */
function other(source: OtherClock['source'], says: number | null) {
  const clock = { source, name: `the clock of ${source}`, says, aheadMs: async () => clock.says };
  return clock;
}

function guarded(others: readonly OtherClock[] = []) {
  const world = machine();
  const guard = guardClock({ local: world.local, others, toleranceMs: 1000, log });
  return { ...world, guard, doubt: () => guard.doubt(world.local.clock()) };
}

describe('a clock that nobody else watches', () => {
  it('is believed while it moves with the time that passes, for years', () => {
    const { pass, doubt } = guarded();
    for (let day = 0; day < 1000; day++) {
      pass(24 * HOUR_MS);
      assert.equal(doubt(), null);
    }
  });

  it('is in doubt from the moment it moves by more than the tolerance, either way', () => {
    for (const [byMs, said] of [
      [1001, /1\.0 s ahead of the time that passed/],
      [-90_000, /90\.0 s behind the time that passed/],
    ] as const) {
      const { set, pass, doubt } = guarded();
      pass(HOUR_MS);
      set(Math.sign(byMs) * 1000);
      assert.equal(doubt(), null);
      set(byMs - Math.sign(byMs) * 1000);
      assert.match(doubt() ?? '', said);
    }
  });

  it('stays in doubt however often it is looked at, and is believed again when it is back', async () => {
    const { set, pass, doubt, guard } = guarded();
    set(5000);
    for (let hour = 0; hour < 48; hour++) {
      pass(HOUR_MS);
      await guard.look();
      assert.notEqual(doubt(), null);
    }
    set(-5000);
    assert.equal(doubt(), null);
  });

  it('may sleep with its machine', () => {
    const { sleep, set, doubt } = guarded();
    sleep(8 * HOUR_MS);
    assert.equal(doubt(), null);
    set(2000);
    assert.match(doubt() ?? '', /2\.0 s ahead/);
  });
});

describe('a clock beside others', () => {
  it('is in doubt until each of them has confirmed it', async () => {
    const [database, ntp] = [other('database', 0), other('ntp', null)];
    const { doubt, guard } = guarded([database, ntp]);
    assert.match(doubt() ?? '', /is not confirmed by the clock of database yet/);
    await guard.look();
    assert.match(doubt() ?? '', /is not confirmed by the clock of ntp yet/);
    ntp.says = -1000;
    await guard.look();
    assert.equal(doubt(), null);
  });

  it('is in doubt while one of them contradicts it', async () => {
    const ntp = other('ntp', 0);
    const { doubt, guard } = guarded([other('database', 0), ntp]);
    await guard.look();
    ntp.says = -1200;
    await guard.look();
    assert.match(doubt() ?? '', /1\.2 s behind the clock of ntp/);
    assert.deepEqual(
      guard.ahead().map(({ source, ms }) => [source, ms]),
      [
        ['monotonic', 0],
        ['database', 0],
        ['ntp', -1200],
      ],
    );
    ntp.says = 3;
    await guard.look();
    assert.equal(doubt(), null);
  });

  it('that was set right is believed as soon as all of them confirm it', async () => {
    const [database, ntp] = [other('database', 0), other('ntp', 0)];
    const { set, doubt, guard } = guarded([database, ntp]);
    await guard.look();
    set(30_000);
    assert.match(doubt() ?? '', /30\.0 s ahead of the time that passed/);
    database.says = null;
    await guard.look();
    assert.notEqual(doubt(), null, 'one of two is not enough');
    database.says = 20;
    await guard.look();
    assert.equal(doubt(), null);
    set(-30_000);
    assert.match(doubt() ?? '', /30\.0 s behind/);
  });

  it('that is set while they are asked is not believed for what they said before', async () => {
    const ntp = other('ntp', 0);
    const { set, doubt, guard } = guarded([
      {
        ...ntp,
        async aheadMs() {
          set(7000);
          return 0;
        },
      },
    ]);
    await guard.look();
    assert.match(doubt() ?? '', /7\.0 s ahead of the time that passed/);
  });

  it('is believed for an hour when they fall silent', async () => {
    const ntp = other('ntp', 0);
    const { pass, doubt, guard } = guarded([ntp]);
    await guard.look();
    ntp.says = null;
    pass(HOUR_MS - 1);
    await guard.look();
    assert.equal(doubt(), null);
    pass(2);
    assert.match(doubt() ?? '', /has not been confirmed by the clock of ntp for an hour/);
    ntp.says = 0;
    await guard.look();
    assert.equal(doubt(), null);
  });
});
