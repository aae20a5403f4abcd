import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatYaml } from '@waybill/core/yaml';
import { createOutput, listing, type OutputFormat, table } from './output.ts';

function capture(format: OutputFormat, env: NodeJS.ProcessEnv, isTTY: boolean) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    ({ isTTY, write: (text: string) => ((written[name] += text), true) }) as unknown as NodeJS.WriteStream;
  return {
    written,
    output: createOutput({ format, env, stdout: stream('stdout'), stderr: stream('stderr'), formatYaml }),
  };
}

describe('createOutput', () => {
  it('writes data to stdout and messages to stderr', () => {
    const { written, output } = capture('json', {}, false);
    output.data({ a: 1 }, () => 'text');
    output.note('hint');
    assert.deepEqual(JSON.parse(written.stdout), { a: 1 });
    assert.equal(written.stderr, 'hint\n');
  });
  it('writes messages as lines of JSON to whoever asks for that, without tokens', () => {
    const written = { stdout: '', stderr: '' };
    const stream = (name: 'stdout' | 'stderr') =>
      ({ write: (text: string) => ((written[name] += text), true) }) as unknown as NodeJS.WriteStream;
    const streams = { stdout: stream('stdout'), stderr: stream('stderr') };
    const output = createOutput({ format: 'table', logFormat: 'json', env: {}, ...streams });
    output.note('two\nlines of wb_0123456789abcdef');
    const { time, ...line } = JSON.parse(written.stderr) as Record<string, string>;
    assert.deepEqual(line, { level: 'info', msg: 'two\nlines of wb_…' });
    assert.ok(Number.isFinite(Date.parse(time ?? '')));
    assert.equal(written.stderr.trimEnd().split('\n').length, 1);
  });
  it('writes as YAML the very values that it writes as JSON, a large whole number too', () => {
    const { written, output } = capture('yaml', {}, false);
    output.data({ a: 'yes', none: undefined, at: new Date(0) }, () => 'text');
    output.json('{"large":123456789012345678901234567890,"b":[]}');
    assert.equal(
      written.stdout,
      'a: "yes"\nat: "1970-01-01T00:00:00.000Z"\nlarge: 123456789012345678901234567890\nb: []\n',
    );
  });
  it('colours for a terminal only, and never under NO_COLOR', () => {
    assert.equal(capture('table', {}, true).output.paint('red', 'x'), '\u001b[31mx\u001b[39m');
    assert.equal(capture('table', {}, false).output.paint('red', 'x'), 'x');
    assert.equal(capture('table', { NO_COLOR: '1', FORCE_COLOR: '1' }, true).output.paint('red', 'x'), 'x');
    assert.equal(capture('table', { TERM: 'dumb' }, true).output.paint('red', 'x'), 'x');
  });
});

describe('table', () => {
  const columns = [
    { title: 'NAME', of: (row: { name: string; note: string }) => row.name },
    { title: 'NOTE', of: (row: { name: string; note: string }) => row.note },
  ];
  it('aligns columns, colours do not count', () => {
    const red = capture('table', {}, true).output.paint('red', 'ab');
    assert.deepEqual(
      table(
        [
          { name: red, note: 'x' },
          { name: 'abcd!', note: 'y' },
        ],
        columns,
      ).split('\n'),
      ['NAME   NOTE', `${red}     x`, 'abcd!  y'],
    );
  });
  it('keeps a row on its line, whatever a stranger writes into it', () => {
    assert.equal(table([{ name: 'a\nb\r\u0007', note: '\u001b[2Jx' }], columns).split('\n').length, 2);
    assert.ok(!table([{ name: 'a', note: '\u001b[2Jx\u009b1m' }], columns).includes('\u001b[2J'));
  });
});

describe('listing', () => {
  it('aligns values and leaves out what is not there', () => {
    assert.equal(
      listing([
        ['a', '1'],
        ['long', '2'],
        ['none', null],
        ['not', undefined],
      ]),
      'a     1\nlong  2',
    );
  });
});
