import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type NtpStandIn, ntpServer } from '@waybill/testkit';
import fc from 'fast-check';
import { localTime } from './clock.ts';
import { askNtp, parseNtpAnswer } from './ntp.ts';
import { ntpClock } from './other-clocks.ts';

const local = localTime();
let servers: readonly NtpStandIn[];
before(async () => {
  servers = await Promise.all([ntpServer(), ntpServer(), ntpServer()]);
});
beforeEach(() => {
  for (const server of servers) Object.assign(server, { aheadMs: 0, spoil: (answer: Buffer) => answer });
});
after(() => Promise.all(servers.map((server) => server.close())));

const first = (): NtpStandIn => {
  const [server] = servers;
  assert.ok(server);
  return server;
};
/** Within what a busy machine adds to a round trip. */
const near = (value: number | null | undefined, expected: number) => {
  assert.ok(
    value !== null && value !== undefined && Math.abs(value - expected) < 500,
    `${value}, not ${expected}`,
  );
};

describe('askNtp', () => {
  it('finds how far our clock is from that of the server', async () => {
    for (const aheadMs of [0, 5000, -86_400_000]) {
      first().aheadMs = aheadMs;
      near((await askNtp(first(), local))?.aheadMs, -aheadMs);
    }
  });

  it('sends nothing of its own time, and each question only once', async () => {
    const seen = first().asked.length;
    await askNtp(first(), local);
    await askNtp(first(), local);
    const [one, two] = first().asked.slice(seen);
    assert.ok(one && two);
    // RFC 5905 figure 8: version 4, mode 3 (client); all else is zero but the transmit timestamp.
    assert.equal(one[0], 0b00_100_011);
    assert.ok(one.subarray(1, 40).every((byte) => byte === 0));
    assert.ok(!one.subarray(40).equals(two.subarray(40)));
  });

  it('gets no answer from a server that is not there, or of no such name', async () => {
    const gone = await ntpServer();
    await gone.close();
    assert.equal(await askNtp(gone, local), null);
    assert.equal(await askNtp({ host: 'nowhere.invalid', port: 123 }, local), null);
  });

  it('takes no answer to another question', async () => {
    first().spoil = (answer) => Buffer.from(answer).fill(7, 24, 32);
    assert.equal(await askNtp(first(), local), null);
  });
});

describe('parseNtpAnswer', () => {
  const asked = Buffer.from('0102030405060708', 'hex');
  /** Leap 0, version 4, mode 4, stratum 2; received and sent at 2026-03-01T12:00:00.500Z. */
  const answer = (change: (bytes: Buffer) => void = () => undefined): Buffer => {
    const bytes = Buffer.alloc(48);
    bytes.writeUInt8(0b00_100_100, 0);
    bytes.writeUInt8(2, 1);
    asked.copy(bytes, 24);
    for (const at of [32, 40]) {
      bytes.writeUInt32BE(2_208_988_800 + Date.UTC(2026, 2, 1, 12) / 1000, at);
      bytes.writeUInt32BE(2 ** 31, at + 4);
    }
    change(bytes);
    return bytes;
  };
  const time = Date.UTC(2026, 2, 1, 12) + 500;

  it('reads the times of the server', () => {
    assert.deepEqual(parseNtpAnswer(answer(), asked), { receivedMs: time, sentMs: time });
  });

  it('goes on after 2036, when the seconds begin anew', () => {
    const late = answer((bytes) => {
      for (const at of [32, 40]) bytes.writeUInt32BE(86_400, at);
    });
    // The era ends 2^32 seconds after 1900.
    const day = Date.UTC(2036, 1, 8, 6, 28, 16) + 500;
    assert.deepEqual(parseNtpAnswer(late, asked), { receivedMs: day, sentMs: day });
  });

  it('takes no server at its word that does not know the time, and nobody else', () => {
    const wrong: Readonly<Record<string, (bytes: Buffer) => void>> = {
      'another question': (bytes) => bytes.writeUInt8(9, 31),
      'leap 3, not synchronised': (bytes) => bytes.writeUInt8(0b11_100_100, 0),
      'stratum 0, kiss of death': (bytes) => bytes.writeUInt8(0, 1),
      'stratum 16': (bytes) => bytes.writeUInt8(16, 1),
      'mode 3, a client': (bytes) => bytes.writeUInt8(0b00_100_011, 0),
      'mode 5, broadcast': (bytes) => bytes.writeUInt8(0b00_100_101, 0),
      'version 2': (bytes) => bytes.writeUInt8(0b00_010_100, 0),
      'root dispersion of two seconds': (bytes) => bytes.writeUInt32BE(2 << 16, 8),
      'no time of sending': (bytes) => bytes.fill(0, 40, 48),
      'sent before it was received': (bytes) => bytes.writeUInt8(bytes.readUInt8(43) - 1, 43),
    };
    for (const [what, change] of Object.entries(wrong))
      assert.equal(parseNtpAnswer(answer(change), asked), null, what);
    assert.equal(parseNtpAnswer(answer().subarray(0, 47), asked), null);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const found = parseNtpAnswer(bytes, bytes.subarray(24, 32));
        return found === null || Number.isFinite(found.sentMs);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('ntpClock', () => {
  const clock = () => ntpClock(servers, local).aheadMs();

  it('believes more than half of the servers against the others', async () => {
    first().aheadMs = 90_000;
    near(await clock(), 0);
    Object.assign(servers[1] ?? {}, { aheadMs: 60_000 });
    near(await clock(), -60_000);
  });

  it('says nothing unless more than half answer', async () => {
    first().spoil = () => null;
    near(await clock(), 0);
    Object.assign(servers[1] ?? {}, { spoil: () => null });
    assert.equal(await clock(), null);
  });
});
