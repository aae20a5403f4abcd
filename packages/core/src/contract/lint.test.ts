import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isCoded } from '../errors.ts';
import { lintContracts, parseContracts } from './index.ts';

const told = (text: string): readonly string[] =>
  lintContracts(text, { filename: 'c.yaml' }).map(
    ({ line, column, severity, path, message }) => `${line}:${column} ${severity} ${path}: ${message}`,
  );

const named = (name: string, spec = '{}') =>
  `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: {name: ${name}}\nspec: ${spec}\n`;

describe('lintContracts', () => {
  it('says nothing of a good document', () => {
    assert.deepEqual(told(named('a', '{envAllowList: [CUSTOM_VAR_2, _x]}')), []);
  });

  it('names a variable with a letter of another alphabet, which no pipeline will ever set', () => {
    // The first letter is the Cyrillic С.
    const text = 'schemaVersion: v1\nenvAllowList:\n  - CUSTOM_VAR_1\n  - СUSTOM_VAR_2\n';
    assert.deepEqual(lintContracts(text), [
      {
        line: 4,
        column: 5,
        path: 'envAllowList[1]',
        severity: 'warning',
        message:
          'no shell sets the variable "СUSTOM_VAR_2": the letter "С" (U+0421) looks like "C" but is another one',
        suggestion: 'CUSTOM_VAR_2',
      },
    ]);
    assert.equal(lintContracts('schemaVersion: v1\nenvAllowList: [a-b.c]')[0]?.suggestion, 'a_b_c');
    assert.equal(lintContracts('schemaVersion: v1\nenvAllowList: ["1"]')[0]?.suggestion, undefined);
  });

  it('tells errors, warnings and advice of every document together, by place', () => {
    const first = named('a', '{material: [], materials: [{name: x, type: SARIFF}]}');
    const second = named('b', '{materials: [{name: x, type: SARIF, group: g, optional: true}]}');
    assert.deepEqual(told(`${first}---\n${second}`), [
      '4:8 warning spec.material: unknown key "material": did you mean "materials"?',
      '4:50 error spec.materials[0].type: "SARIFF" is not a material kind: did you mean SARIF?',
      '9:20 advice spec.materials[0]: "optional" changes nothing in the group g: one of its members must be there',
      '9:20 advice spec.materials[0]: x is alone in the group g, so it must be there',
    ]);
  });

  it('tells of kinds that no run can give', () => {
    assert.match(
      told(named('a', '{materials: [{name: x, type: HELM_CHART}]}')).join(),
      /does not read HELM_CHART/,
    );
  });

  it('wants a name for each document of a file, and each name once', () => {
    for (const [text, fault] of [
      [`${named('a')}---\n${named('a')}`, '6:1 error : a contract named "a" stands above already'],
      [
        `${named('a')}---\nschemaVersion: v1\n`,
        '6:1 error : a v1 document has no name, so it stands alone in its file: write it as v2, with metadata.name',
      ],
    ] as const) {
      assert.deepEqual(told(text), [fault]);
      assert.throws(() => parseContracts(text), /contract:6:1/);
    }
    assert.equal(parseContracts(`${named('a')}---\n${named('b')}`).length, 2);
    assert.deepEqual(told('schemaVersion: v1\n'), []);
  });

  it('has an error exactly where parseContracts refuses, for any text', () => {
    const piece = fc.constantFrom(
      named('a'),
      named('b', '{materials: [{name: x, type: 9}]}'),
      named('B'),
      'schemaVersion: v1\n',
      '---\n',
      'kind: Policy\n',
      '# x\n',
      '\t{',
      '\0',
      '[',
      'signer: []\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const text = pieces.join('');
        const refused = lintContracts(text).some(({ severity }) => severity === 'error');
        try {
          parseContracts(text);
          assert.equal(refused, false, text);
        } catch (error) {
          if (!isCoded(error, 'contract_invalid')) throw error;
          assert.equal(refused, true, text);
        }
      }),
    );
  });
});
