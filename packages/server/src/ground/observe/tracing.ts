/** Traces. Nothing of OpenTelemetry is loaded, and nothing costs, unless an endpoint is set. */

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** One HTTP request, from its first header to the last byte of its answer. */
export interface RequestSpan {
  /** Runs work as part of the request: spans and log lines that it makes belong to it. */
  within<T>(work: () => T): T;
  end(result: { readonly name: string; readonly attributes: SpanAttributes; readonly failed: boolean }): void;
}

export interface Tracing {
  /**
   * Runs work inside a span, which ends with it; what it throws passes, and marks the span. Outside of a request there
   * is none: what followers and jobs do every few seconds would drown the rest.
   */
  span<T>(name: string, attributes: SpanAttributes, work: () => Promise<T>): Promise<T>;
  /** Begins a span that goes on from the caller's `traceparent` (W3C Trace Context), if there is one. */
  request(
    headers: Readonly<Record<string, string | string[] | undefined>>,
    attributes: SpanAttributes,
  ): RequestSpan;
  /** The trace that is under way here, for lines of the log. */
  ids(): { readonly traceId?: string; readonly spanId?: string };
  /** Sends what has not been sent yet; resolves after two seconds at most. */
  close(): Promise<void>;
}

export const noTracing: Tracing = Object.freeze({
  span: (_name, _attributes, work) => work(),
  request: () => ({ within: (work) => work(), end: () => undefined }),
  ids: () => ({}),
  close: async () => undefined,
} satisfies Tracing);

export interface TracingOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Spans could not be sent; they are dropped. Called at most once a minute. */
  onFailure(error: unknown): void;
}

/** OTLP over HTTP to the endpoint that the variables of OpenTelemetry name; without one, no tracing. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { env } = options;
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (!endpoint || env['OTEL_SDK_DISABLED'] === 'true') return noTracing;
  const { otlpTracing } = await import('./tracing-otlp.ts');
  return otlpTracing(options);
}
