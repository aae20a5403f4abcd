import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { ATTACKS } from './table.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const all = Object.values(ATTACKS).flat();

/** The names of a file's tests as patterns: `${…}` of a template stands for anything. */
function testNames(source: string): readonly RegExp[] {
  const quoted = source.matchAll(/'((?:[^'\\\n]|\\.)+)'|"((?:[^"\\\n]|\\.)+)"|`((?:[^`\\]|\\.)+)`/g);
  return quoted
    .map(([, single, double, template = '']) => (single ?? double ?? template).replaceAll(/\\(['"`])/g, '$1'))
    .map((name) => name.split(/\$\{[^}]*\}/).map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')))
    .filter((parts) => parts.join('').length > 5)
    .map((parts) => new RegExp(`^${parts.join('.+')}$`))
    .toArray();
}

describe('the attack table', () => {
  it('names tests that are there', () => {
    for (const {
      test: [file, name],
    } of all) {
      assert.ok(existsSync(join(ROOT, file)), file);
      const names = testNames(readFileSync(join(ROOT, file), 'utf8'));
      assert.ok(
        names.some((pattern) => pattern.test(name)),
        `${file} has no test "${name}"`,
      );
    }
  });

  it('names defences that are there, each by a text that stands once in its file', () => {
    for (const { attack, file, without, andWithout } of all) {
      for (const [path, text, instead] of [
        [file, ...without] as const,
        ...(andWithout ? [andWithout] : []),
      ]) {
        const found = readFileSync(join(ROOT, path), 'utf8').split(text).length - 1;
        assert.equal(found, 1, `${attack}: ${JSON.stringify(text)} stands ${found} times in ${path}`);
        assert.notEqual(text, instead);
      }
    }
  });

  it('tells no attack twice', () => {
    assert.equal(new Set(all.map(({ attack }) => attack)).size, all.length);
    assert.ok(all.length > 50);
  });
});
