import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { MATERIAL_KIND_NUMBERS, MATERIAL_KINDS, SUPPORTED_KINDS } from '../material/index.ts';
import { parseContract } from './index.ts';

const reference = path.resolve(import.meta.dirname, '../../../../docs/reference');
const page = readFileSync(path.join(reference, 'contract.md'), 'utf8');

describe('docs/reference/contract.md', () => {
  it('lists every material kind with its number, and whether it is checked', () => {
    const rows = [...page.matchAll(/^\| ([A-Z_]+) \| (\d+) \| (.+) \|$/gm)].map(([, kind, number, check]) => [
      kind,
      Number(number),
      check !== 'no',
    ]);
    assert.deepEqual(
      rows,
      MATERIAL_KINDS.map((kind) => [kind, MATERIAL_KIND_NUMBERS[kind], SUPPORTED_KINDS.includes(kind)]),
    );
  });

  it('shows a contract that is accepted', () => {
    const example = page.split('```yaml')[1]?.split('```')[0] ?? '';
    assert.deepEqual(parseContract(example, { strict: true }).warnings, []);
  });
});
