/** Traces, as a receiver of OTLP over HTTP gets them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { utf8 } from '@waybill/core/bytes';
import { startAttester, testWorld } from '@waybill/testkit';
import { createLog, noTracing, openTracing } from '../src/ground/index.ts';

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
}

/** opentelemetry.io/docs/specs/otlp: POST /v1/traces, answered 200 with an ExportTraceServiceResponse. */
class Receiver {
  readonly #server: Server;
  readonly requests: { readonly path: string; readonly type: string; readonly body: string }[] = [];
  status = 200;

  constructor() {
    this.#server = createServer((request, response) => {
      void this.#take(request).then(() => {
        const answer = this.status === 200 ? '{"partialSuccess":{}}' : '{"code":13,"message":"no"}';
        response.writeHead(this.status, { 'content-type': 'application/json' }).end(answer);
      });
    });
  }

  async #take(request: IncomingMessage): Promise<void> {
    let body = '';
    for await (const piece of request) body += String(piece);
    this.requests.push({ path: request.url ?? '', type: request.headers['content-type'] ?? '', body });
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get spans(): readonly Span[] {
    return this.requests.flatMap(({ body }) =>
      (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }).resourceSpans.flatMap(
        ({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans),
      ),
    );
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const valueOf = (span: Span, key: string): unknown =>
  Object.values(span.attributes.find((attribute) => attribute.key === key)?.value ?? {})[0];

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: plain }
spec:
  materials: [{ type: ARTIFACT, name: program, output: true }]
`;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const TOKEN_IN_PATH = 'wb_0123456789abcdefghijklmnopqrstuvwxyz';

describe('traces', () => {
  const receiver = new Receiver();
  const lines: string[] = [];
  let spans: readonly Span[];
  let runId: string;

  before(async () => {
    process.env[ENDPOINT] = await receiver.listen();
    const onFailure = (error: unknown): void => assert.fail(String(error));
    const tracing = await openTracing({ env: process.env, version: '1.2.3', onFailure });
    const destination = { write: (line: string) => void lines.push(line) };
    const log = createLog('debug', { destination, context: () => tracing.ids() });
    const world = await testWorld({ log, tracing });
    try {
      runId = await attest(world);
    } finally {
      await world.close();
    }
    spans = receiver.spans;
  });
  after(() => {
    delete process.env[ENDPOINT];
    receiver.close();
  });

  async function attest(world: Awaited<ReturnType<typeof testWorld>>): Promise<string> {
    const { owner, ownerToken, url } = world;
    await owner.applyContract({ document: CONTRACT });
    await owner.createWorkflow({ project: 'p', name: 'plain', contract: 'plain' });
    const at = { project: 'p', workflow: 'plain' };
    const attester = await startAttester({ client: owner, token: ownerToken, ...at });
    const material = await attester.record('program', 'ARTIFACT', utf8('a program'), true);
    const bundle = await attester.sign(attester.predicate([material]));
    const send = (path: string, traceparent: string) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        body: bundle,
        headers: {
          authorization: `Bearer ${ownerToken.reveal()}`,
          'content-type': 'application/vnd.dev.sigstore.bundle.v0.3+json',
          traceparent,
        },
      });
    const path = `/waybill/v1/runs/${attester.run.id}/attestation`;
    const answer = await send(path, `00-${TRACE}-${PARENT}-01`);
    assert.equal(answer.status, 200, await answer.text());
    await (await send(`/nothing/${TOKEN_IN_PATH}?token=${TOKEN_IN_PATH}`, 'no traceparent at all')).text();
    await (await fetch(`${url}/healthz`)).text();
    return attester.run.id;
  }

  const ours = (): readonly Span[] => spans.filter(({ traceId }) => traceId === TRACE);
  const request = (): Span => {
    const [found] = ours().filter(({ kind }) => kind === 2);
    assert.ok(found);
    return found;
  };

  it('go to the endpoint as OTLP says, with the name of the service', () => {
    assert.ok(receiver.requests.length > 0);
    for (const { path, type, body } of receiver.requests) {
      assert.deepEqual([path, type], ['/v1/traces', 'application/json']);
      assert.match(body, /"service\.name","value":\{"stringValue":"waybill"\}/);
    }
  });

  it('go on from the traceparent of the caller', () => {
    assert.equal(request().parentSpanId, PARENT);
    assert.equal(request().name, 'POST /waybill/v1/runs/:id/attestation');
    assert.equal(valueOf(request(), 'http.route'), '/waybill/v1/runs/:id/attestation');
    assert.equal(valueOf(request(), 'url.path'), `/waybill/v1/runs/${runId}/attestation`);
    assert.equal(Number(valueOf(request(), 'http.response.status_code')), 200);
  });

  it('hold every step of accept(), and the transactions below them', () => {
    const names = ours().map(({ name }) => name);
    const steps = [
      'parse',
      'run',
      'signer',
      'bind',
      'materials',
      'log attestation',
      'verdict',
      'log verdict',
      'commit',
    ];
    for (const step of steps) assert.equal(names.filter((name) => name === `accept ${step}`).length, 1, step);
    const byId = new Map(ours().map((span) => [span.spanId, span]));
    for (const span of ours()) {
      assert.ok(span === request() || byId.has(span.parentSpanId ?? ''), `${span.name} hangs in the air`);
    }
    const above = ours()
      .filter(({ name }) => name === 'transaction')
      .map(({ parentSpanId = '' }) => byId.get(parentSpanId)?.name);
    assert.ok(above.includes('accept commit'), above.join());
    assert.ok(above.includes('POST /waybill/v1/runs/:id/attestation'), above.join());
  });

  it("are not those of a batch of the log, which is nobody's own", () => {
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const below = spans.filter(
      ({ name, parentSpanId = '' }) =>
        name === 'transaction' && byId.get(parentSpanId)?.name.startsWith('accept log '),
    );
    assert.deepEqual(below, []);
    assert.deepEqual(
      spans.filter(({ kind, parentSpanId }) => kind !== 2 && parentSpanId === undefined),
      [],
    );
  });

  it('begin anew where the traceparent is none', () => {
    const [lost] = spans.filter((span) => String(valueOf(span, 'url.path')).startsWith('/nothing/'));
    assert.ok(lost);
    assert.notEqual(lost.traceId, TRACE);
    assert.equal(lost.parentSpanId, undefined);
    assert.equal(lost.name, 'POST none');
  });

  it('hold no secret, and nothing of what is asked every few seconds', () => {
    const all = receiver.requests.map(({ body }) => body).join('');
    assert.doesNotMatch(all, /wb_[\w-]{8}|healthz/);
    assert.match(all, /\/nothing\/wb_\*\*\*/);
  });

  it('stand in the lines of the log', () => {
    const line = lines
      .map((text) => JSON.parse(text) as Record<string, unknown>)
      .find(({ msg, path }) => msg === 'request' && path === `/waybill/v1/runs/${runId}/attestation`);
    assert.equal(line?.['traceId'], TRACE);
    assert.equal(line?.['spanId'], request().spanId);
  });
});

describe('openTracing', () => {
  it('loads nothing of OpenTelemetry without an endpoint', async () => {
    const open = (env: Record<string, string>) =>
      openTracing({ env, version: '0', onFailure: () => undefined });
    assert.equal(await open({}), noTracing);
    assert.equal(await open({ [ENDPOINT]: '' }), noTracing);
    assert.equal(await open({ [ENDPOINT]: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' }), noTracing);
    const script = `import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
      await import(${JSON.stringify(import.meta.resolve('../src/serve.ts'))});
      process.stdout.write(JSON.stringify(seen));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    const seen = JSON.parse(stdout) as readonly string[];
    assert.ok(seen.some((url) => url.endsWith('/ground/observe/tracing.ts')));
    // prom-client brings the interfaces.
    assert.deepEqual(
      seen.filter((url) => /tracing-otlp|@opentelemetry\/(?!api\/)/.test(url)),
      [],
    );
  });

  it('says once that nothing can be sent, and holds no work up', async () => {
    const receiver = new Receiver();
    receiver.status = 400;
    process.env[ENDPOINT] = await receiver.listen();
    const failures: unknown[] = [];
    const tracing = await openTracing({
      env: process.env,
      version: '0',
      onFailure: (error) => failures.push(error),
    });
    delete process.env[ENDPOINT];
    const request = tracing.request({}, {});
    const work = (act: () => Promise<string>) => request.within(() => tracing.span('work', {}, act));
    assert.equal(await work(async () => 'done'), 'done');
    await assert.rejects(
      work(async () => {
        throw new TypeError('wb_secret');
      }),
      TypeError,
    );
    request.end({ name: 'GET /', attributes: {}, failed: true });
    assert.equal(await tracing.span('nobody asked', {}, async () => 'done'), 'done');
    await tracing.close();
    receiver.close();
    assert.equal(failures.length, 1);
    const names = receiver.spans.map(({ name }) => name);
    assert.deepEqual(names.toSorted(), ['GET /', 'work', 'work']);
    const failed = receiver.spans.find(({ name, status }) => name === 'work' && status.code === 2);
    assert.ok(failed);
    assert.equal(valueOf(failed, 'error.type'), 'TypeError');
    assert.doesNotMatch(receiver.requests.map(({ body }) => body).join(''), /wb_secret/);
  });
});
