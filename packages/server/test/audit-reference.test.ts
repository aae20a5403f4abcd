/** docs/reference/audit.md against the code that writes rows. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';

const SERVER = resolve(import.meta.dirname, '..');
const page = readFileSync(resolve(SERVER, '../../docs/reference/audit.md'), 'utf8');
const [rowPart = '', actionPart = ''] = page.split('## Actions');

const sources = globSync('src/**/*.ts', { cwd: SERVER })
  .filter((file) => !/\.test\.ts$|\/(?:fixture|test-[a-z-]+)\.ts$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(SERVER, file), 'utf8') }));

describe('docs/reference/audit.md', () => {
  it('lists every action that is written, and no other', () => {
    const written = sources.flatMap(({ text }) =>
      text
        .matchAll(/\baction: (.*)/g)
        .flatMap(([, rest = '']) => rest.matchAll(/'([a-z]+(?:\.[a-z-]+)+)'/g).map(([, name = '']) => name))
        .toArray(),
    );
    const listed = [...actionPart.matchAll(/^\| `([a-z.-]+)` \|/gm)].map(([, name = '']) => name);
    assert.deepEqual(listed.toSorted(), [...new Set(written)].toSorted());
  });

  it('knows each file that writes rows: an action stands beside each call', () => {
    for (const { file, text } of sources) {
      if (!/\b(?:writeAudit|auditChange)\(/.test(text) || /ground\/feeds\/audit|audit-change/.test(file))
        continue;
      assert.match(text, /\baction: .*'[a-z]+\.[a-z.-]+'/, file);
    }
  });

  it('lists every column and every outcome of the table', () => {
    const sql = readFileSync(join(SERVER, 'migrations/0001-ground.sql'), 'utf8');
    const table = /create table ground_audit \(\n([\s\S]*?)\n\);/.exec(sql)?.[1] ?? '';
    const columns = [...table.matchAll(/^ {2}([a-z_]+) /gm)].map(([, name]) => name);
    assert.deepEqual(
      [...rowPart.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name),
      columns,
    );
    const outcomes = /outcome in \((.*)\)\)/.exec(table)?.[1] ?? '';
    for (const [, outcome] of outcomes.matchAll(/'(\w+)'/g)) assert.ok(rowPart.includes(`\`${outcome}\``));
  });
});
