/** The description of the API, as the running server gives it to machines and to people. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { PUBLIC } from './all-routes.ts';

interface Operation {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses?: Readonly<Record<string, Response>>;
}

interface Response {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}

interface Description {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let world: TestWorld;
let description: Description;
let operations: readonly (readonly [name: string, operation: Operation])[];

before(async () => {
  world = await testWorld();
  const response = await fetch(`${world.url}/waybill/v1/openapi.json`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  description = (await response.json()) as Description;
  operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  );
});
after(() => world.close());

const failing = (broken: (operation: Operation, name: string) => boolean): readonly string[] =>
  operations.filter(([name, operation]) => broken(operation, name)).map(([name]) => name);

describe('openapi.json', () => {
  it('is OpenAPI 3.1 about this server', () => {
    assert.match(description.openapi, /^3\.1\.\d+$/);
    assert.equal(description.info.title, 'Waybill');
    assert.deepEqual(description.servers, [{ url: world.url }]);
    assert.ok(operations.length >= 25, `${operations.length} operations`);
  });

  it('says which operations take a token: all but the public ones', () => {
    const url = (name: string) => name.replaceAll('{*}', '*').replaceAll(/\{([^}]+)\}/g, ':$1');
    assert.deepEqual(
      failing(({ security }, name) =>
        url(name) in PUBLIC ? security !== undefined : !security?.[0]?.['token'],
      ),
      [],
    );
  });

  it('says of every operation what it does, in a sentence of its own, and under which heading', () => {
    assert.deepEqual(
      failing(({ summary = '', tags = [] }) => !/^[A-Z].{5,}[^.]$/.test(summary) || tags.length !== 1),
      [],
    );
    const byPath = new Map(operations.map(([name, { summary }]) => [summary, name.split(' ')[1]]));
    assert.deepEqual(
      failing(({ summary }, name) => byPath.get(summary) !== name.split(' ')[1]),
      [],
    );
  });

  it('declares every parameter of a path', () => {
    assert.deepEqual(
      failing(({ parameters = [] }, name) => {
        const declared = parameters.filter((parameter) => parameter.in === 'path').map((found) => found.name);
        const named = name.matchAll(/\{([^}]+)\}/g).map(([, found]) => found ?? '');
        return named.toArray().toSorted().join() !== declared.toSorted().join();
      }),
      [],
    );
  });

  it('describes what every operation answers when it succeeds', () => {
    assert.deepEqual(
      failing(({ responses = {} }, name) => {
        const [status, success] = Object.entries(responses).find(([code]) => /^2\d\d$/.test(code)) ?? [];
        if (status === '204') return success?.description === undefined;
        const schemas = Object.values(success?.content ?? {}).map(({ schema }) => schema ?? {});
        return !name.startsWith('HEAD') && !schemas.some((schema) => Object.keys(schema).length > 0);
      }),
      [],
    );
  });

  it('describes how every operation refuses: a problem, or the form of its protocol', () => {
    const forms = (operation: Operation, name: string): string =>
      Object.keys(operation.responses?.[name]?.content ?? {}).join();
    const expected = (path: string): string =>
      path.startsWith('/api/v2/') ? 'application/json' : 'application/problem+json';
    assert.deepEqual(
      failing((operation, name) => {
        const form = expected(name.split(' ')[1] ?? '');
        return forms(operation, '4XX') !== form || forms(operation, '5XX') !== form;
      }),
      [],
    );
  });
});

describe('the page of the API', () => {
  it('is HTML that names every operation and loads nothing from anywhere', async () => {
    const response = await fetch(`${world.url}/waybill/v1/docs`);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(
      response.headers.get('content-security-policy') ?? '',
      /^default-src 'none'; style-src 'sha256-/,
    );
    const page = await response.text();
    assert.match(page, /^<!doctype html>/);
    for (const path of Object.keys(description.paths)) assert.ok(page.includes(`<code>${path}</code>`), path);
    assert.doesNotMatch(
      page,
      /<(?:script|link|img|iframe|object|embed)\b|https?:|\/\/[a-z]|url\(|@import|\bon\w+=/i,
    );
    const links = page.matchAll(/\bhref="([^"]*)"/g).map(([, link]) => link);
    for (const link of links) assert.equal((await fetch(`${world.url}${link}`)).status, 200, link);
  });
});
