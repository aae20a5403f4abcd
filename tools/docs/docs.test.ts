import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { renderPages } from './pages.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

describe('npm run docs', () => {
  it('would change nothing', async () => {
    for (const { file, before, after } of await renderPages()) {
      assert.equal(before, after, `${relative(ROOT, file)} is not current: npm run docs`);
    }
  });
});

describe('docs/reference', () => {
  it('names every variable of the environment that the programs read', () => {
    const variables = (pattern: string): ReadonlySet<string> =>
      new Set(
        globSync(pattern, { cwd: ROOT, exclude: ['**/*.test.ts', '**/ci/*.ts'] }).flatMap((file) =>
          read(file)
            .matchAll(/\benv\['([A-Z_]+)'\]/g)
            .map(([, name = '']) => name)
            .toArray(),
        ),
      );
    const standard = new Set(['HOME', 'PATH', 'TERM']);
    const missing = (page: string, pattern: string): readonly string[] =>
      [...variables(pattern)].filter((name) => !standard.has(name) && !read(page).includes(`\`${name}\``));
    assert.deepEqual(missing('docs/reference/cli.md', 'packages/{cli,clients}/src/**/*.ts'), []);
    assert.deepEqual(missing('docs/reference/config.md', 'packages/server/src/**/*.ts'), []);
    assert.ok(variables('packages/cli/src/**/*.ts').size > 5);
  });

  it('has no link that leads nowhere', () => {
    for (const page of globSync('docs/**/*.md', { cwd: ROOT })) {
      for (const [, target = '', anchor] of read(page).matchAll(/\]\(([^)#:\s]*)(?:#([^)\s]+))?\)/g)) {
        const file = target === '' ? page : join(dirname(page), target);
        assert.ok(existsSync(join(ROOT, file)), `${page} links to ${target}`);
        if (anchor !== undefined) assert.ok(anchorsOf(file).includes(anchor), `${page}: ${file}#${anchor}`);
      }
    }
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(file: string): readonly string[] {
  return read(file)
    .matchAll(/^#+ (.+)$/gm)
    .map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
    .toArray();
}
