/**
 * The part of `fetch` that Waybill's clients use, so that they take another implementation as an argument.
 * Types only: core itself sends nothing.
 */
export type Fetch = (url: URL, init: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | URLSearchParams | ReadableStream<Uint8Array>;
  /** Needed beside a stream. */
  readonly duplex?: 'half';
  /** `follow` unless told. */
  readonly redirect?: 'error' | 'follow';
  readonly signal?: AbortSignal;
}

export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: FetchBody | null;
  text(): Promise<string>;
  json(): Promise<unknown>;
  bytes(): Promise<Uint8Array>;
}

export interface FetchBody extends AsyncIterable<Uint8Array> {
  /** Gives up what was not read. */
  cancel(): Promise<void>;
}
