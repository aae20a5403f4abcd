import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesText, createTransfers } from './transfers.ts';

/** A terminal that knows two movements: up, and clear to the end. */
function terminal(columns = 80) {
  let lines = [''];
  const write = (text: string) => {
    for (const part of text.replaceAll('\u001b', '^').split(/(\^\[\d*[AJ])/)) {
      const up = /^\^\[(\d+)A$/.exec(part);
      if (up) lines = lines.slice(0, lines.length - Number(up[1]));
      else if (part === '^[J') lines = [...lines.slice(0, -1), ''];
      else lines = [...lines.slice(0, -1), ...`${lines.at(-1) ?? ''}${part}`.split('\n')];
    }
    return true;
  };
  return { columns, write, shown: () => lines.join('\n') };
}

describe('createTransfers', () => {
  it('draws a bar for each transfer in its place, and leaves nothing behind', () => {
    const at = terminal();
    let nowMs = 0;
    const transfers = createTransfers(at as unknown as NodeJS.WriteStream, () => nowMs);
    {
      using app = transfers.begin('app.tgz', 4_000_000);
      using _sbom = transfers.begin('sbom.json', 2_000_000);
      nowMs = 2000;
      app.at(1_000_000);
      const [first = '', second = ''] = at.shown().split('\n');
      assert.match(first, /^app\.tgz +\[={6} {18}\] {2}25% 1\.0 MB of 4\.0 MB 500\.0 kB\/s$/);
      assert.match(second, /^sbom\.json +\[ {24}\] {3}0% 0 B of 2\.0 MB/);
      transfers.around(() => at.write('a note\n'));
      assert.deepEqual(at.shown().split('\n').slice(0, 2), ['a note', first]);
    }
    assert.equal(at.shown(), 'a note\n');
  });
  it('draws no bar for little, and keeps to its line whatever the name and however narrow the terminal', () => {
    const at = terminal(40);
    const transfers = createTransfers(at as unknown as NodeJS.WriteStream, () => 0);
    using _small = transfers.begin('small', 999_999);
    assert.equal(at.shown(), '');
    using _large = transfers.begin(`a\n\u001b[2Jb${'c'.repeat(90)}`, 1_000_000);
    const [line = '', ...more] = at.shown().split('\n');
    assert.deepEqual(more, ['']);
    assert.ok(line.length < 40 && !line.includes('^'), line);
  });
});

describe('bytesText', () => {
  it('has a unit for every size', () => {
    assert.deepEqual([0, 999, 1000, 12_345_678, 2e15].map(bytesText), [
      '0 B',
      '999 B',
      '1.0 kB',
      '12.3 MB',
      '2000.0 TB',
    ]);
  });
});
