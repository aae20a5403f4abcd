import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetch, FetchInit, FetchResponse } from '@waybill/core';

export interface Patience {
  /** In all, over the repetitions of one request. */
  readonly maxWaitMs?: number;
  /** Before it waits: for people who wonder. */
  readonly onWait?: (url: URL, waitMs: number) => void;
  /** Waits, or rejects when the signal says so. Real time unless told. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

const MAX_WAIT_MS = 20_000;
const MAX_REPETITIONS = 5;
/** Repeated, they change nothing that once would not have (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/**
 * As `send`, but what the server puts off (429 or 503 with Retry-After) is asked again when the server says, as long
 * as the waits stay within `maxWaitMs`; else the answer goes to the caller as it is. Only idempotent requests whose
 * body can be sent again.
 */
export function patientFetch(send: Fetch, patience: Patience = {}): Fetch {
  const { maxWaitMs = MAX_WAIT_MS, onWait, wait = realWait } = patience;
  return async (url, init) => {
    let leftMs = maxWaitMs;
    for (let repetitions = 0; ; repetitions++) {
      const response = await send(url, init);
      const waitMs = repetitions < MAX_REPETITIONS && isRepeatable(init) ? waitMsOf(response) : null;
      if (waitMs === null || waitMs > leftMs) return response;
      leftMs -= waitMs;
      await response.body?.cancel();
      onWait?.(url, waitMs);
      await wait(waitMs, init.signal);
    }
  };
}

function isRepeatable({ method = 'GET', body }: FetchInit): boolean {
  const isStream = typeof body === 'object' && Symbol.asyncIterator in body;
  return IDEMPOTENT.has(method) && !isStream;
}

/** Milliseconds that the server asks for; null when it does not ask for any, or not readably. */
function waitMsOf({ status, headers }: FetchResponse): number | null {
  if (status !== 429 && status !== 503) return null;
  const text = headers.get('retry-after') ?? '';
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

async function realWait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {});
}
