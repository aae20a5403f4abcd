/** The rules of docs/ARCHITECTURE.md that a compiler does not know. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { START_CODES } from './packages/server/src/ground/problems/problems.ts';

/** Of our own packages, those that each may import. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  rego: [],
  api: ['core'],
  clients: ['core'],
  server: ['core', 'rego', 'api', 'clients'],
  cli: ['core', 'rego', 'api', 'clients'],
  testkit: ['core', 'rego', 'api', 'clients', 'server', 'cli'],
};
/** Lowest first: a room imports lower ones only. */
const CORE_ROOMS =
  'bytes yaml digest x509 fulcio dsse intoto oci tlog bundle trust verify slsa material policy contract audit'.split(
    ' ',
  );
const SERVER_ROOMS =
  'ground identity store tlog trust policy contract registry attestation graph gate watch notify audit backup'.split(
    ' ',
  );
/** What pure code cannot do; crypto.ts is the one door to cryptography, secret.ts only hides from inspect(). */
const IMPURE =
  /from 'node:(?!util')|\bprocess\.|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandom(?:Bytes|UUID|Int)\(|\bfetch\(/;
const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;

interface Source {
  readonly path: string;
  readonly pkg: string;
  /** First directory under src, or '' for the files beside the rooms. */
  readonly room: string;
  readonly text: string;
  readonly isTest: boolean;
}

const sources: readonly Source[] = globSync('packages/*/{src,flows}/**/*.ts', {
  cwd: import.meta.dirname,
}).map((path) => {
  const [, pkg = '', , ...inside] = path.split('/');
  const isTest = /\.test\.ts$|\/flows\/|\/(?:test-[a-z-]+|fixture)\.ts$/.test(path);
  const text = readFileSync(join(import.meta.dirname, path), 'utf8');
  return { path, pkg, room: inside.length > 1 ? (inside[0] ?? '') : '', text, isTest };
});
const production = sources.filter((source) => !source.isTest);
const rooms = production.filter(
  (source) => source.pkg === 'server' && source.room !== '' && source.room !== 'ground',
);

function importsOf(source: Source): readonly string[] {
  const statements = /^(?:import|export)\b[^;'"]*?['"]([^'"\n]+)['"]|\bimport\(\s*'([^']+)'/gm;
  return source.text
    .matchAll(statements)
    .map((found) => found[1] ?? found[2] ?? '')
    .toArray();
}

/** The path inside the source's package that a relative import means. */
function targetOf(source: Source, specifier: string): string {
  return join(dirname(source.path), specifier).split('/').slice(3).join('/');
}

function none(broken: Iterable<string>): void {
  const list = [...broken];
  assert.equal(list.length, 0, `\n${list.join('\n')}`);
}

describe('direction', () => {
  it('packages import only what the map allows, through doors', () => {
    none(
      sources.flatMap((source) =>
        importsOf(source)
          .map((specifier) => /^@waybill\/([^/]+)/.exec(specifier)?.[1])
          .filter(
            (pkg) =>
              pkg !== undefined &&
              !(PACKAGES[source.pkg] ?? []).includes(pkg) &&
              !(source.isTest && (pkg === 'testkit' || pkg === source.pkg)),
          )
          .map((pkg) => `${source.path}: ${source.pkg} must not import ${pkg}`),
      ),
    );
    none(
      sources.flatMap((source) =>
        importsOf(source)
          .filter(
            (specifier) =>
              !source.isTest &&
              specifier.startsWith('.') &&
              !join(dirname(source.path), specifier).startsWith(`packages/${source.pkg}/`),
          )
          .map((specifier) => `${source.path}: ${specifier} leaves the package: import it by its name`),
      ),
    );
  });

  for (const [pkg, order] of [
    ['core', CORE_ROOMS],
    ['server', SERVER_ROOMS],
  ] as const) {
    it(`rooms of ${pkg} import lower rooms only, through their doors`, () => {
      const inRooms = production.filter((source) => source.pkg === pkg && source.room !== '');
      none(
        inRooms
          .filter((source) => !order.includes(source.room))
          .map((source) => `${source.path}: ${source.room} is no room`),
      );
      none(inRooms.flatMap((source) => roomBreaches(source, order)));
    });
  }

  it('core is pure', () => {
    none(
      production
        .filter(
          (source) =>
            source.pkg === 'core' &&
            !source.path.endsWith('/crypto.ts') &&
            IMPURE.test(source.text.replaceAll(/^\s*(?:\*|\/[/*]).*$/gm, '')),
        )
        .map((source) => `${source.path}: ${IMPURE.exec(source.text)?.[0]} reaches outside`),
    );
  });
});

function roomBreaches(source: Source, order: readonly string[]): readonly string[] {
  return importsOf(source)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => targetOf(source, specifier))
    .filter((target) => target.includes('/') && !target.startsWith(`${source.room}/`))
    .filter(
      (target) =>
        order.indexOf(target.split('/')[0] ?? '') >= order.indexOf(source.room) ||
        !/^[^/]+\/index\.ts$/.test(target),
    )
    .map((target) => `${source.path}: must not import ${target}`);
}

describe('files of server rooms', () => {
  it('have names in kebab-case, and a README of 30 lines at most', () => {
    none(
      rooms
        .filter((source) => !/^[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/.test(source.path.split('/').at(-1) ?? ''))
        .map((s) => s.path),
    );
    const names = new Set(rooms.map((source) => source.room));
    for (const room of names) {
      const readme = readFileSync(
        join(import.meta.dirname, 'packages/server/src', room, 'README.md'),
        'utf8',
      );
      assert.ok(readme.trim().split('\n').length <= 30, `${room}/README.md has more than 30 lines`);
    }
  });

  it('keep SQL in queries, on tables of the room', () => {
    none(
      rooms
        .filter(
          (source) =>
            !isPart(source, 'queries') && /from '(?:kysely|pg)'|\.withTables<|\bsql`/.test(source.text),
        )
        .map((s) => `${s.path}: SQL belongs in queries.ts`),
    );
    none(
      rooms
        .filter((source) => isPart(source, 'queries'))
        .flatMap((source) =>
          source.text
            .matchAll(
              /(?:selectFrom|insertInto|updateTable|deleteFrom|[jJ]oin)\('([a-z_]+)|\b(?:from|into|update|join) ([a-z]+_[a-z_]+)/g,
            )
            .map((found) => found[1] ?? found[2] ?? '')
            .filter(
              (table) =>
                SERVER_ROOMS.some((room) => table.startsWith(`${room}_`)) &&
                !table.startsWith(`${source.room}_`),
            )
            .map((table) => `${source.path}: ${table} belongs to another room`)
            .toArray(),
        ),
    );
  });

  it('keep HTTP in routes', () => {
    none(
      rooms
        .filter(
          (source) =>
            !isPart(source, 'routes') &&
            /from 'fastify'|\bApp\b[^;]*from '\.\.\/ground|\breply\./.test(source.text),
        )
        .map((s) => `${s.path}: HTTP belongs in routes.ts`),
    );
  });
});

/** `queries.ts`, or a file of the folder `queries/` that it has grown into. */
function isPart(source: Source, part: string): boolean {
  return new RegExp(`^packages/server/src/[^/]+/${part}(?:\\.ts$|/)`).test(source.path);
}

describe('sizes', () => {
  it(`files have at most ${MAX_FILE_LINES} lines`, () => {
    none(
      production
        .map((s) => ({ path: s.path, lines: s.text.split('\n').length - 1 }))
        .filter((s) => s.lines > MAX_FILE_LINES)
        .map((s) => `${s.path}: ${s.lines} lines`),
    );
  });

  it(`functions have at most ${MAX_FUNCTION_LINES} lines`, () => {
    none(production.flatMap((source) => longFunctions(source)));
  });
});

/** The formatter closes a function at the indentation of the line that opened it. */
function longFunctions(source: Source): readonly string[] {
  const lines = source.text.split('\n');
  return lines.flatMap((line, at) => {
    const opens =
      /(?:\bfunction\b.*|=> |^\s*\).*|^\s+(?:async |static |get |set |#)*[\w#]+\(.*\).*)\{$/.test(line) &&
      !/^\s*(?:if|for|while|switch|\} )\b/.test(line);
    if (!opens) return [];
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    const length = lines.slice(at + 1).findIndex((end) => end.startsWith(`${indent}}`)) + 2;
    return length > MAX_FUNCTION_LINES ? [`${source.path}:${at + 1}: ${length} lines`] : [];
  });
}

describe('error codes', () => {
  it('each has a problem, so that no refusal becomes an internal error', async () => {
    const known = await knownCodes();
    const used = production
      .filter((source) => source.pkg === 'core' || source.pkg === 'server')
      .flatMap((source) =>
        source.text
          .matchAll(/(?:new CodedError|\b(?!oauth)[a-z]\w*Error)(?:<[^>]*>)?\(\s*'([a-z0-9]+_[a-z0-9_]+)'/g)
          .map((found) => ({ path: source.path, code: found[1] ?? '' }))
          .toArray(),
      );
    none(
      new Set(
        used
          .filter(({ code }) => !known.has(code))
          .map(({ path, code }) => `${path}: ${code} has no problem`),
      ),
    );
  });
});

async function knownCodes(): Promise<ReadonlySet<string>> {
  const files = globSync('packages/server/src/{*/errors,ground/problems/*}.ts', { cwd: import.meta.dirname });
  const modules = await Promise.all(
    files.map(async (file) => (await import(join(import.meta.dirname, file))) as object),
  );
  const tables = modules
    .flatMap((module) => Object.entries(module))
    .filter(([name]) => name.endsWith('_PROBLEMS'))
    .flatMap(([, table]) => Object.keys(table as object));
  return new Set([...tables, ...START_CODES]);
}
