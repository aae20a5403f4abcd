import type { ReadableStream as NodeStream } from 'node:stream/web';
import { type Fetch, messageOf } from '@waybill/core';
import { BaseFetcher } from 'tuf-js';
// Not among the package's doors, but by it the updater knows that there is no newer root.
import { DownloadHTTPError } from 'tuf-js/dist/error.js';

const TIMEOUT_MS = 30_000;

/** Brings files of a mirror to tuf-js, and remembers why one did not come: tuf-js hands on its text at most. */
export class MirrorFetcher extends BaseFetcher {
  readonly #send: Fetch;
  readonly #interrupted: AbortSignal;
  #failure: string | null = null;

  constructor(send: Fetch, interrupted: AbortSignal) {
    super();
    this.#send = send;
    this.#interrupted = interrupted;
  }

  /** Of the network or the mirror, not of what came from there. */
  get failure(): string | null {
    return this.#failure;
  }

  override async fetch(url: string): Promise<NodeStream<Uint8Array<ArrayBuffer>>> {
    const signal = AbortSignal.any([this.#interrupted, AbortSignal.timeout(TIMEOUT_MS)]);
    const response = await this.#send(new URL(url), { signal }).catch((cause: unknown) => {
      this.#failure = `${url}: ${messageOf(cause)}`;
      throw cause;
    });
    if (response.ok && response.body)
      return ReadableStream.from(response.body) as NodeStream<Uint8Array<ArrayBuffer>>;
    await response.body?.cancel();
    // The one file that need not be there is the root after the newest.
    const isAnswer = /\/\d+\.root\.json$/.test(url) && [403, 404].includes(response.status);
    if (!isAnswer) this.#failure = `${url}: HTTP ${response.status}`;
    throw new DownloadHTTPError(`HTTP ${response.status}`, response.status);
  }
}
