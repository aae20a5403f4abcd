import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';

const SRC = path.resolve(import.meta.dirname, '..');

/** The modules that are read when `file` is; what is imported inside functions is read later. */
function readWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(path.join(SRC, file), 'utf8');
  for (const [, specifier = ''] of text.matchAll(/^(?:import|export) (?!type)[^;]*?from '([^']+)'/gm)) {
    if (specifier.startsWith('.')) readWith(path.join(path.dirname(file), specifier), seen);
    else seen.add(specifier);
  }
  return seen;
}

describe('the policy engine', () => {
  it('is read by the commands of policies alone', () => {
    const others = [
      'main.ts',
      ...globSync('commands/**/*.ts', { cwd: SRC }).filter((file) => !file.startsWith('commands/policy/')),
    ];
    assert.ok(others.length > 30);
    for (const file of others) {
      const found = [...readWith(file)].filter((name) => name.startsWith('@waybill/rego'));
      assert.deepEqual(found, [], file);
    }
    assert.ok(readWith('commands/policy/eval.ts').has('@waybill/rego'));
  });
});
