import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import type { Readiness } from '../observe/readiness.ts';
import type { App } from './http.ts';

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h2{margin-top:2rem;border-bottom:1px solid #d0d7de}code{font:13px ui-monospace,monospace}
li{margin:.4rem 0;list-style:none}ul{padding:0}b{display:inline-block;width:4.5rem}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}a{color:#79c0ff}}`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const ReadinessBody = Type.Object({
  ready: Type.Boolean(),
  dependencies: Type.Array(
    Type.Object({
      name: Type.String(),
      state: Type.Union([Type.Literal('up'), Type.Literal('standby'), Type.Literal('down')]),
      detail: Type.Optional(Type.String()),
      message: Type.Optional(Type.String()),
    }),
  ),
});

/** Health, readiness, and the description of the API with a page to read it. */
export function metaRoutes(options: {
  readonly version: string;
  ready(): Promise<readonly Readiness[]>;
}): (app: App) => Promise<void> {
  return async (app) => {
    app.get(
      '/healthz',
      {
        schema: {
          tags: ['server'],
          summary: 'The process answers',
          response: { 200: Type.Object({ status: Type.String(), version: Type.String() }) },
        },
      },
      async () => ({ status: 'ok', version: options.version }),
    );
    app.get(
      '/readyz',
      {
        schema: {
          tags: ['server'],
          summary: 'Each dependency and its state',
          response: { 200: ReadinessBody, 503: ReadinessBody },
        },
      },
      async (_request, reply) => {
        const dependencies = [...(await options.ready())];
        const ready = dependencies.every((dependency) => dependency.state !== 'down');
        return reply.code(ready ? 200 : 503).send({ ready, dependencies });
      },
    );
    app.get('/waybill/v1/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
      reply.type('application/json').send(JSON.stringify(app.swagger(), null, 1)),
    );
    app.get('/waybill/v1/docs', { schema: { hide: true } }, async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header(
          'content-security-policy',
          `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'`,
        )
        .send(
          page((app.swagger().paths ?? {}) as Record<string, Record<string, Operation>>, options.version),
        ),
    );
  };
}

function page(paths: Record<string, Record<string, Operation>>, version: string): string {
  const byTag = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), item(method, path, operation)]);
    }
  }
  const sections = [...byTag].map(([tag, items]) => `<h2>${escape(tag)}</h2><ul>${items.join('')}</ul>`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Waybill API</title><style>${STYLE}</style><h1>Waybill API <small>${escape(version)}</small></h1><p>The whole description with all schemas: <a href="/waybill/v1/openapi.json">openapi.json</a> (OpenAPI 3.1). Errors are problems (RFC 9457) with a stable <code>code</code>.</p>${sections.join('')}</html>`;
}

function item(method: string, path: string, operation: Operation): string {
  const text = operation.summary ?? operation.description ?? '';
  return `<li><b>${method.toUpperCase()}</b> <code>${escape(path)}</code><br>${escape(text)}</li>`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}
