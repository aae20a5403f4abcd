/** The one file that knows OpenTelemetry. It uses no global of that library: tracer and context are its own. */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { isCoded } from '@waybill/core';
import type { RequestSpan, SpanAttributes, Tracing, TracingOptions } from './tracing.ts';

const CLOSE_TIMEOUT_MS = 2000;
const WARN_INTERVAL_MS = 60_000;
/** What a client sent may stand in a path. */
const MAX_ATTRIBUTE_CHARACTERS = 1024;

export function otlpTracing(options: TracingOptions): Tracing {
  const resource = resourceFromAttributes({
    'service.name': 'waybill',
    'service.version': options.version,
  }).merge(detectResources({ detectors: [envDetector] }));
  const exporter = telling(new OTLPTraceExporter(), options);
  const provider = new TracerProvider({
    resource,
    spanLimits: { attributeValueLengthLimit: MAX_ATTRIBUTE_CHARACTERS },
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  return tracingWith(provider.getTracer('waybill', options.version), () => provider.shutdown());
}

function tracingWith(tracer: Tracer, shutdown: () => Promise<void>): Tracing {
  const contexts = new AsyncLocalStorage<Context>();
  const propagator = new W3CTraceContextPropagator();
  return Object.freeze({
    async span(name, attributes, work) {
      const parent = contexts.getStore();
      if (parent === undefined) return work();
      const span = tracer.startSpan(name, { attributes }, parent);
      try {
        return await contexts.run(trace.setSpan(parent, span), work);
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    },
    request(headers, attributes) {
      const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      const span = tracer.startSpan('HTTP', { attributes, kind: SpanKind.SERVER }, parent);
      return requestSpan(span, (work) => contexts.run(trace.setSpan(parent, span), work));
    },
    ids() {
      const context = trace.getSpanContext(contexts.getStore() ?? ROOT_CONTEXT);
      return context === undefined ? {} : { traceId: context.traceId, spanId: context.spanId };
    },
    close: () => within(CLOSE_TIMEOUT_MS, shutdown()),
  } satisfies Tracing);
}

function requestSpan(span: Span, within: <T>(work: () => T) => T): RequestSpan {
  return {
    within,
    end({ name, attributes, failed }) {
      span.updateName(name);
      span.setAttributes(attributes as SpanAttributes & Record<string, string>);
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** The code only: a message may quote what a client sent, and traces are read by others than the log. */
function fail(span: Span, error: unknown): void {
  const type = isCoded(error) ? error.code : error instanceof Error ? error.name : 'unknown';
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
  span.setAttribute('error.type', type);
}

/** The library is silent about what it cannot send. */
function telling(inner: SpanExporter, { onFailure }: TracingOptions): SpanExporter {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  return {
    export(spans, done) {
      inner.export(spans, (result) => {
        const nowMs = performance.now();
        if (result.error !== undefined && nowMs - saidAtMs > WARN_INTERVAL_MS) {
          saidAtMs = nowMs;
          onFailure(result.error);
        }
        done(result);
      });
    },
    shutdown: () => inner.shutdown(),
  };
}

/** An endpoint that does not answer holds no stop up; that spans were lost has been said. */
async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
