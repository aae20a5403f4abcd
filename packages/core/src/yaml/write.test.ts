import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { formatYaml } from './write.ts';

describe('formatYaml', () => {
  it('writes a value that readers of YAML 1.2 and 1.1 read back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json = JSON.stringify(value);
        const text = formatYaml(JSON.parse(json));
        for (const version of ['1.2', '1.1'] as const) {
          assert.equal(JSON.stringify(parse(text, { version })), json, text);
        }
      }),
    );
  });
  it('quotes what one version takes for a switch, a number or a time', () => {
    for (const text of ['yes', 'On', 'n', '012', '0o7', '1_0', '1:30', '2026-11-24', '=', '<<', '~', '']) {
      assert.equal(formatYaml(text), `${JSON.stringify(text)}\n`);
    }
  });
  it('lets no sign reach a terminal that it would obey, or that turns text around', () => {
    const hostile = '\u001b[2J \u009b1m \u202e \u2028 \u007f \ufeff';
    const text = formatYaml({ [hostile]: hostile });
    assert.doesNotMatch(text, /[^\n\u0020-\u007e]/);
    assert.deepEqual(parse(text), { [hostile]: hostile });
  });
});
