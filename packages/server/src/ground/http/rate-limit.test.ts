import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { addressKey, createRateLimit } from './rate-limit.ts';

describe('createRateLimit', () => {
  it('lets ten seconds of the rate through at once, and the rate after that', () => {
    let now = 0;
    const limit = createRateLimit({ perSecond: 4, nowMs: () => now });
    const taken = (): number =>
      Array.from({ length: 100 }, () => limit.take('a')).filter((ms) => ms === 0).length;
    assert.equal(taken(), 40);
    assert.equal(limit.take('b'), 0);
    assert.equal(limit.take('a'), 250);
    now += 1000;
    assert.equal(taken(), 4);
    now += 60_000;
    assert.equal(taken(), 40);
  });

  it('says how long to wait without using anything', () => {
    let now = 0;
    const limit = createRateLimit({ perSecond: 1, nowMs: () => now });
    for (let asked = 0; asked < 100; asked++) assert.equal(limit.waitMs('a'), 0);
    for (let taken = 0; taken < 10; taken++) assert.equal(limit.take('a'), 0);
    assert.equal(limit.waitMs('a'), 1000);
    now += limit.waitMs('a');
    assert.equal(limit.take('a'), 0);
  });

  it('remembers a bounded number of keys, and forgets the one used longest ago', () => {
    const limit = createRateLimit({ perSecond: 1, maxKeys: 3, nowMs: () => 0 });
    for (let taken = 0; taken < 9; taken++) limit.take('busy');
    for (const stranger of ['a', 'b', 'c', 'd', 'e', 'f']) {
      limit.take(stranger);
      if (stranger === 'a') assert.equal(limit.take('busy'), 0);
    }
    // Forgotten behind three others, it has ten again.
    assert.equal(Array.from({ length: 11 }, () => limit.take('busy')).filter((ms) => ms > 0).length, 1);
  });

  it('is no limit at 0', () => {
    const limit = createRateLimit({ perSecond: 0 });
    for (let taken = 0; taken < 1000; taken++) assert.equal(limit.take('a'), 0);
  });
});

describe('addressKey', () => {
  it('takes one IPv4 address, and the /64 of an IPv6 one, however they are written', () => {
    for (const [address, key] of [
      ['192.0.2.7', '192.0.2.7'],
      ['::ffff:192.0.2.7', '192.0.2.7'],
      ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
      ['2001:0DB8::1:ffff:0:0:0', '2001:db8:0:1::/64'],
      ['2001:db8::1', '2001:db8:0:0::/64'],
      ['::', '0:0:0:0::/64'],
      ['::1', '0:0:0:0::/64'],
      ['fe80::1%eth0', 'fe80:0:0:0::/64'],
      ['64:ff9b:0:0:1:2:192.0.2.7', '64:ff9b:0:0::/64'],
      ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
      ['192.0.2.7:5678', '192.0.2.7'],
      ['[2001:db8:0:1::9]:5678', '2001:db8:0:1::/64'],
      ['[2001:db8:0:1::9]', '2001:db8:0:1::/64'],
      ['', 'unknown'],
      ['unix:', 'unknown'],
    ] as const) {
      assert.equal(addressKey(address), key, address);
    }
  });

  it('gives every address of a /64 one key', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((n) => n.toString(16));
    const half = fc.array(group, { minLength: 4, maxLength: 4 }).map((groups) => groups.join(':'));
    fc.assert(
      fc.property(half, half, (net, host) => {
        assert.equal(addressKey(`${net}:${host}`), `${net}::/64`);
      }),
    );
  });

  it('gives text of any length a short key', () => {
    fc.assert(fc.property(fc.string(), (text) => addressKey(text).length < 60));
    assert.equal(addressKey('x'.repeat(10_000)), 'unknown');
  });
});
