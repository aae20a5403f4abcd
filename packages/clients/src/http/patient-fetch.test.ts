import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fetch, FetchInit, FetchResponse } from '@waybill/core';
import { patientFetch } from './index.ts';

const URL_ = new URL('http://127.0.0.1/');

/** A server that gives these answers in turn, and what was waited for between them. */
function against(answers: readonly (readonly [number, string | null])[], maxWaitMs = 20_000) {
  const waits: number[] = [];
  let sent = 0;
  const send: Fetch = async () => {
    const [status, retryAfter] = answers[Math.min(sent++, answers.length - 1)] ?? [200, null];
    return {
      status,
      ok: status < 300,
      headers: { get: (name: string) => (name === 'retry-after' ? retryAfter : null) },
      body: null,
    } as FetchResponse;
  };
  const wait = async (ms: number, signal: AbortSignal | undefined) => {
    signal?.throwIfAborted();
    waits.push(ms);
  };
  const ask = async (init: FetchInit = {}) =>
    (await patientFetch(send, { maxWaitMs, wait })(URL_, init)).status;
  return { ask, waits, sent: () => sent };
}

describe('patientFetch', () => {
  it('asks again when the server says, and gives the answer that it gets then', async () => {
    const server = against([
      [429, '2'],
      [503, '0'],
      [200, null],
    ]);
    assert.equal(await server.ask(), 200);
    assert.deepEqual(server.waits, [2000, 0]);
    const dated = against([
      [503, new Date(Date.now() + 5000).toUTCString()],
      [204, null],
    ]);
    assert.equal(await dated.ask({ method: 'PUT', body: 'x' }), 204);
    assert.ok(dated.waits[0] !== undefined && dated.waits[0] <= 5000);
  });

  it('waits no longer in all than it may, and repeats five times at most', async () => {
    const long = against([
      [429, '15'],
      [429, '15'],
      [200, null],
    ]);
    assert.equal(await long.ask(), 429);
    assert.deepEqual(long.waits, [15_000]);
    const never = against([[503, '0']]);
    assert.equal(await never.ask(), 503);
    assert.equal(never.sent(), 6);
  });

  it('repeats nothing that could be done twice, or cannot be sent again, or was not put off', async () => {
    const once = async (init: FetchInit, answer: readonly [number, string | null] = [429, '0']) => {
      const server = against([answer]);
      await server.ask(init);
      assert.equal(server.sent(), 1);
    };
    await once({ method: 'POST', body: '{}' });
    await once({ method: 'PUT', body: ReadableStream.from([new Uint8Array(1)]), duplex: 'half' });
    for (const answer of [
      [503, null],
      [429, 'soon'],
      [500, '0'],
      [200, '0'],
    ] as const)
      await once({}, answer);
  });

  it('ends with its signal while it waits', async () => {
    const abort = new AbortController();
    abort.abort();
    await assert.rejects(
      against([
        [429, '1'],
        [200, null],
      ]).ask({ signal: abort.signal }),
      { name: 'AbortError' },
    );
    const waiting = patientFetch(
      async () => ({ status: 429, headers: { get: () => '9' }, body: null }) as never,
    );
    await assert.rejects(waiting(URL_, { signal: AbortSignal.timeout(10) }), { name: 'AbortError' });
  });
});
