/** docs/reference/api.md against a running server. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Action, authorize, type Role } from '../src/identity/index.ts';
import { BLOB_ENDPOINTS } from '../src/registry/routes/blobs.ts';
import { MANIFEST_ENDPOINTS, REFERRERS_ENDPOINTS, TAGS_ENDPOINTS } from '../src/registry/routes/manifests.ts';
import { UPLOAD_ENDPOINTS, UPLOADS_ENDPOINTS } from '../src/registry/routes/uploads.ts';

const SERVER = resolve(import.meta.dirname, '..');
const page = readFileSync(resolve(SERVER, '../../docs/reference/api.md'), 'utf8');

interface Operation {
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { schema: { additionalProperties?: unknown } }>>;
  };
}

let world: TestWorld;
let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;

before(async () => {
  world = await testWorld();
  const described = await fetch(`${world.url}/waybill/v1/openapi.json`);
  ({ paths } = (await described.json()) as { paths: typeof paths });
});
after(() => world.close());

/** `METHOD /path` for every route that a part of the page names; a row may name several methods of one path. */
function routesIn(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, cell = ''] = /^\| (`(?:GET|HEAD|POST|PUT|PATCH|DELETE)\b[^|]*) \|/.exec(line) ?? [];
    const path = /`(?:[A-Z]+ )?(\/[^`]*)`/.exec(cell)?.[1] ?? '';
    return [...cell.matchAll(/`([A-Z]+)\b/g)].map(([, method]) => `${method} ${path}`);
  });
}

const part = (from: string, to: string): string => page.slice(page.indexOf(from), page.indexOf(to));
const others = page.slice(page.indexOf('## Other protocols'));
const inOpenApi = (path: string): string => path.replaceAll(/:(\w+)/g, '{$1}').replaceAll('*', '{*}');

/** The paths in the files that declare routes. */
function declaredPaths(): readonly string[] {
  const files = globSync('src/**/{routes,http-meta,info}.ts', { cwd: SERVER });
  return files.flatMap((file) => {
    const literals = readFileSync(join(SERVER, file), 'utf8').matchAll(/'(\/[\w.:*/-]*)'/g);
    return literals
      .map(([, path = '']) => path)
      .filter((path) => path !== '/oidc')
      .map((path) => (/identity/.test(file) && !path.startsWith('/waybill/') ? `/oidc${path}` : path))
      .toArray();
  });
}

describe('docs/reference/api.md', () => {
  it('names every route that is not in OpenAPI', () => {
    const named = new Set([...routesIn(others), ...routesIn(page)].map((route) => route.split(' ')[1]));
    const meta = ['/waybill/v1/openapi.json', '/waybill/v1/docs'];
    const hidden = declaredPaths().filter((path) => !Object.hasOwn(paths, inOpenApi(path)));
    for (const path of hidden.filter((path) => !/^\/v2(\/\*?)?$/.test(path))) {
      assert.ok(named.has(path) || (meta.includes(path) && page.includes(`GET ${path}\``)), path);
    }
    assert.ok(hidden.length > 8, `found only ${hidden.join(', ')}`);
  });

  it('names every method of every kind of registry path', () => {
    const kinds = {
      '/v2/{name}/blobs/{digest}': BLOB_ENDPOINTS,
      '/v2/{name}/blobs/uploads/': UPLOADS_ENDPOINTS,
      '/v2/{name}/blobs/uploads/{id}': UPLOAD_ENDPOINTS,
      '/v2/{name}/manifests/{reference}': MANIFEST_ENDPOINTS,
      '/v2/{name}/tags/list': TAGS_ENDPOINTS,
      '/v2/{name}/referrers/{digest}': REFERRERS_ENDPOINTS,
    };
    const expected = Object.entries(kinds).flatMap(([path, endpoints]) =>
      Object.keys(endpoints).map((method) => `${method} ${path}`),
    );
    const named = routesIn(others).filter((route) => route.includes('{name}'));
    assert.deepEqual(named.toSorted(), expected.toSorted());
  });

  it('names no route that is not there', async () => {
    const values: Readonly<Record<string, string>> = {
      name: 'default/p/x',
      digest: `sha256:${'0'.repeat(64)}`,
      reference: 'latest',
      id: '00000000-0000-4000-8000-000000000000',
      index: '0',
      '*': '0/000',
    };
    for (const route of new Set(routesIn(page))) {
      const [method = '', template = ''] = route.split(' ');
      const path = template.replaceAll(/\{([\w*]+)\}/g, (_all, name: string) => values[name] ?? '');
      const response = await fetch(world.url + path, {
        method,
        headers: { authorization: `Bearer ${world.ownerToken.reveal()}` },
      });
      const text = await response.text();
      assert.doesNotMatch(text, /"(?:registry_)?(?:not_found|method_not_allowed)"/, route);
    }
  });

  it('lists exactly the routes that can be read without a token', async () => {
    const open: string[] = [];
    for (const [path, operations] of Object.entries(paths)) {
      if (!Object.hasOwn(operations, 'get')) continue;
      const response = await fetch(
        world.url + path.replaceAll(/\{\*\}/g, '0/000').replaceAll(/\{\w+\}/g, '0'),
      );
      await response.arrayBuffer();
      if (response.status !== 401) open.push(`GET ${path}`);
    }
    const listed = routesIn(part('These need no token', '## Requests and problems'));
    assert.deepEqual(listed.toSorted(), open.toSorted());
  });

  it('is right that unknown fields are refused', () => {
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { requestBody }] of Object.entries(operations)) {
        for (const { schema } of Object.values(requestBody?.content ?? {})) {
          assert.equal(schema.additionalProperties, false, `${method} ${path}`);
        }
      }
    }
  });

  it('is right about what each role may do', () => {
    const roles: readonly Role[] = ['viewer', 'member', 'admin', 'owner'];
    const rows = part('| role | may |', 'No token gives').matchAll(/^\| (\w+) \| (.*) \|$/gm);
    const least = [...rows].flatMap(([, role = '', may = '']) =>
      [...may.matchAll(/`([a-z-]+)`/g)].map(([, action]) => ({ role, action: action as Action })),
    );
    assert.equal(least.length, 11);
    for (const { role, action } of least) {
      const first = roles.find((candidate) => allows(candidate, action));
      assert.equal(first, role, action);
    }
  });
});

function allows(role: Role, action: Action): boolean {
  const scope = { type: 'organization' } as const;
  try {
    authorize({ orgId: '', orgName: '', tokenId: '', tokenName: '', role, scope }, action);
    return true;
  } catch (error) {
    if (isCoded(error)) return false;
    throw error;
  }
}
