import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CodedError, isCoded } from '../errors.ts';
import { type DocumentFinding, hasForeignPolicies, parseContract, parseContracts } from './index.ts';

const shared = process.env['WAYBILL_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../../shared');
const vectors = path.join(shared, 'vectors/chainloop/contracts');
const skip = existsSync(vectors) ? false : 'the shared vectors are not here';

function findingsOf(text: string, strict = false): readonly DocumentFinding[] {
  try {
    parseContract(text, { strict, filename: 'c.yaml' });
    return [];
  } catch (error) {
    if (!isCoded(error, 'contract_invalid')) throw error;
    return error.detail['findings'] as readonly DocumentFinding[];
  }
}

/** Processor time, which other work on the machine stretches little. */
function cpuMs(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function v2(spec: string): string {
  const indented = spec
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
  return `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata:\n  name: demo\nspec:\n${indented}\n`;
}

describe('parseContract on the published documents', { skip }, () => {
  /** What each refused document is meant to show. */
  const refused: Readonly<Record<string, RegExp>> = {
    'app__cli__pkg__action__testdata__invalid_contract.yaml': /found neither/,
    'app__controlplane__pkg__biz__testdata__contracts__invalid_contract.json':
      /expected "v1", found "v2"[^]*INVALID_NAME/,
    'app__controlplane__pkg__biz__testdata__contracts__invalid_contract.yaml':
      /:4:11: materials\[0\]\.name: .*"INVALID_NAME"/,
    'app__controlplane__pkg__biz__testdata__contracts__invalid_contract_v2.yaml':
      /:4:9: metadata\.name: .*"INVALID_NAME"[^]*:9:13: spec\.materials\[1\]\.name: .*"duplicate" stands above/,
    'app__controlplane__pkg__biz__testdata__contracts__invalid_format.json': /found neither|empty/,
  };
  for (const file of skip ? [] : readdirSync(vectors)) {
    const expected = refused[file];
    it(`${expected ? 'refuses' : 'accepts'} ${file}`, () => {
      const text = readFileSync(path.join(vectors, file), 'utf8');
      if (expected) assert.throws(() => parseContract(text, { filename: file }), expected);
      else assert.deepEqual(parseContract(text, { filename: file, strict: true }).warnings, []);
    });
  }

  it('reads the same from YAML and JSON', () => {
    const read = (file: string) =>
      parseContract(
        readFileSync(path.join(vectors, `app__controlplane__pkg__biz__testdata__contracts__${file}`), 'utf8'),
      );
    assert.deepEqual(
      { ...read('contract_v2.json').contract, digest: '' },
      { ...read('contract_v2.yaml').contract, digest: '' },
    );
  });
});

describe('parseContract', () => {
  it('takes both casings, kinds by number, text by its letters', () => {
    const { contract } = parseContract(
      'schema_version: v1\nenv_allow_list: [A]\npolicy_groups: [{ref: g}]\nannotations: [{name: version, value: 1.10}]\n' +
        'materials: [{type: 4, name: sbom, skip_upload: true}]\nrunner: {type: 2}',
    );
    assert.equal(contract.materials[0]?.kind, 'SBOM_CYCLONEDX_JSON');
    assert.equal(contract.materials[0]?.skipUpload, true);
    assert.equal(contract.annotations[0]?.value, '1.10');
    assert.equal(contract.runner, 'GITLAB_PIPELINE');
    assert.deepEqual(contract.envAllowList, ['A']);
    assert.equal(hasForeignPolicies(contract), true);
  });

  it('keeps JSON to its own types', () => {
    assert.match(
      findingsOf('{"schemaVersion":"v1","annotations":[{"name":"a","value":1}]}')[0]?.message ?? '',
      /expected text, found 1/,
    );
  });

  it('refuses a known key in letters of another script, strict or not', () => {
    for (const key of ['mаterials', 'pоlicies', 'envAllowLіst']) {
      const [finding] = findingsOf(v2(`${key}: []`));
      assert.match(finding?.message ?? '', /looks like/);
    }
  });

  it('warns of an unknown key with a suggestion, and refuses it when strict', () => {
    const text = v2('material: []');
    const warning = parseContract(text, { filename: 'c.yaml' }).warnings[0];
    assert.deepEqual(warning, {
      line: 6,
      column: 3,
      path: 'spec.material',
      message: 'unknown key "material": did you mean "materials"?',
      suggestion: 'materials',
    });
    assert.deepEqual(findingsOf(text, true), [warning]);
  });

  it('never leaves a misspelt signers unread', () => {
    const signer = '[{issuer: a, subject: b}]';
    for (const key of [
      'signer',
      'Signers',
      'singers',
      'sigers',
      'signerz',
      'allowedSigners',
      'signers_',
      '"signers "',
      'ѕigners',
      'signеrs',
      'SIGNERS',
      'sign​ers',
    ]) {
      const findings = findingsOf(v2(`${key}: ${signer}`));
      assert.equal(findings.length, 1, key);
      assert.equal(findings[0]?.suggestion, 'signers', key);
    }
    for (const text of [
      `${v2('materials: []')}signers: ${signer}\n`,
      `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: {name: a, signers: ${signer}}\nspec:\n`,
      v2(`materials: [{name: a, type: SARIF, signers: ${signer}}]`),
      v2('signers: []'),
      v2('signers:'),
      v2('signers: ~'),
      v2('signers: {issuer: a, subject: b}'),
      v2('signers: [{issuer: a}]'),
      v2('signers: [{issuer: a, subject: ""}]'),
      v2('signers: [{issuer: a, subject: b, subjectRegex: c}]'),
      v2('signers: [{issuer: a, subject: " b"}]'),
      v2('signers: [a]'),
      v2(`signers: ${signer}\nSigners: ${signer}`),
      v2(`signers: ${signer}\nsigners: ${signer}`),
    ]) {
      assert.notDeepEqual(findingsOf(text), [], text);
    }
  });

  it('warns when anybody may sign', () => {
    const { contract, warnings } = parseContract(v2('signers: [{issuer: "*", subject: "*"}]'));
    assert.equal(contract.signers.length, 1);
    assert.match(warnings[0]?.message ?? '', /any issuer and any subject/);
  });

  it('collects every error of the document, each with its place', () => {
    const text = v2(
      'materials:\n  - {name: A B, type: SARIFF}\n  - {type: 0, name: x}\nrunner: {type: GITHUB_ACTIONS}',
    );
    assert.throws(
      () => parseContract(text, { filename: 'c.yaml' }),
      (error: unknown) => {
        assert.ok(isCoded(error, 'contract_invalid'));
        const places = (error.detail['findings'] as readonly DocumentFinding[]).map(
          (f) => `${f.line}:${f.column} ${f.path} ${f.suggestion}`,
        );
        assert.deepEqual(places, [
          '7:14 spec.materials[0].name a-b',
          '7:25 spec.materials[0].type SARIF',
          '8:14 spec.materials[1].type undefined',
          '9:18 spec.runner.type GITHUB_ACTION',
        ]);
        assert.match(error.message, /^c\.yaml:7:14: spec\.materials\[0\]\.name: /);
        return true;
      },
    );
  });

  it('names a letter of another alphabet', () => {
    assert.match(
      findingsOf(v2('materials: [{name: a, type: СONTAINER_IMAGE}]'))[0]?.message ?? '',
      /U\+0421/,
    );
    assert.match(
      findingsOf('apiVersion: chainloop.dev/v1\nkind: Сontract\nmetadata: {name: a}\nspec:\n')[0]?.message ??
        '',
      /U\+0421/,
    );
  });

  it('refuses tags, merge keys, unknown aliases, cycles, alias bombs and deep nesting', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++)
      bomb.push(
        `a${i}: &a${i} [${Array(9)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    const embedded = (text: string) =>
      v2(`policies:\n  attestation:\n    - embedded:\n        kind: Policy\n        spec: ${text}`);
    for (const text of [
      'schemaVersion: !!js/function v1',
      'schemaVersion: !x v1',
      'a: &x {schemaVersion: v1}\n<<: *x\nschemaVersion: v1',
      'schemaVersion: v1\nmaterials: *nope',
      `schemaVersion: v1\nmaterials: ${'['.repeat(3000)}`,
      `schemaVersion: v1\nmaterials: ${'['.repeat(60)}${']'.repeat(60)}`,
      embedded('&x {a: *x}'),
      embedded(`{${bomb.join(', ')}}`),
      embedded(`${'['.repeat(100)}${']'.repeat(100)}`),
      embedded('{__proto__: 1}'),
      embedded('{a: 1, a: 2}'),
      embedded('{a: .inf}'),
      'x'.repeat(1_000_001),
      '',
      '# nothing',
      'schemaVersion: v1 # \ud800',
      'schemaVersion: v1 # \0',
      v2('annotations: [{name: a, value: "\\0"}]'),
      v2('annotations: [{name: a, value: "\\ud800"}]'),
      embedded('{a: "\\0"}'),
      embedded('{"\\0": 1}'),
      'schemaVersion: v1\n---\nschemaVersion: v1',
      '\t- a',
      ': ',
      '- schemaVersion: v1',
    ]) {
      assert.notDeepEqual(findingsOf(text), [], text.slice(0, 60));
    }
  });

  it('takes linear time on many keys, many aliases and many anchors', () => {
    const spentMs = cpuMs(() => {
      findingsOf(`schemaVersion: v1\n${Array.from({ length: 12_000 }, (_, i) => `k${i}: 1`).join('\n')}`);
      findingsOf(`schemaVersion: v1\nx: [&a 1, ${Array(30_000).fill('*a').join(',')}]`);
      findingsOf(`schemaVersion: v1\nx: [${Array.from({ length: 15_000 }, (_, i) => `&a${i} 1`).join(',')}]`);
    });
    assert.ok(spentMs < 6000, `took ${spentMs} ms`);
  });

  it('cuts what it quotes in its message', () => {
    const text = `schemaVersion: v1\n? [${'a, '.repeat(9000)}]\n: 1\n? {${'b, '.repeat(9000)}}\n: 1\n`;
    assert.throws(
      () => parseContract(text),
      (error: Error) => error.message.length < 4000,
    );
  });

  it('refuses a document of very many parts before it is read, whatever they are', () => {
    for (const part of ['[', '{"a":', '0,', '- ', '? ', '!a ', '#\n', '---\na\n', 'a: b: ', '&a x, *a, ']) {
      const [finding] = findingsOf(`materials: [${part.repeat(200_000).slice(0, 900_000)}`);
      assert.match(finding?.message ?? '', /more than 100000 keys, values and signs/, part);
    }
  });

  it('keeps policy attachments as they are', () => {
    const { contract } = parseContract(
      v2(
        'policies:\n  materials:\n    - ref: file://a.yaml@sha256:' +
          'a'.repeat(64) +
          '\n      with: {n: 1}\n      gate: true\n' +
          '  attestation:\n    - embedded: {apiVersion: chainloop.dev/v1, kind: Policy, metadata: {name: p}, spec: {policies: [{kind: SARIF, embedded: "package main"}]}}\n' +
          '      selector: {name: x, matchMode: PREFIX}\n      requirements: [owasp/top-10@2021]',
      ),
      { strict: true },
    );
    assert.deepEqual(contract.policies.materials[0]?.with, { n: '1' });
    assert.equal(contract.policies.materials[0]?.gate, true);
    assert.deepEqual(contract.policies.attestation[0]?.selector, { name: 'x', matchMode: 'PREFIX' });
    for (const ref of ['file://a', 'oci://x', 'a/b/c', 'A', 'x@sha256:12']) {
      assert.equal(findingsOf(v2(`policies: {materials: [{ref: "${ref}"}]}`)).length, 1, ref);
    }
    assert.equal(findingsOf(v2('policies: {materials: [{disabled: true}]}')).length, 1);
  });

  it('answers any text with a contract or contract_invalid', () => {
    const words = fc.constantFrom(
      'schemaVersion: v1\n',
      'apiVersion: chainloop.dev/v1\n',
      'kind: Contract\n',
      'metadata:\n',
      'spec:\n',
      '  name: a\n',
      '  materials:\n',
      'materials:\n',
      '  - ',
      '    - ',
      'type: 4\n',
      'name: x\n',
      '&a ',
      '*a ',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '? ',
      '- ',
      '|\n',
      '>\n',
      '"',
      "'",
      '\n',
      '  ',
      '\t',
      '%YAML 1.1\n',
      '---\n',
      '...\n',
      '!x ',
      '<<: ',
      '#',
      '\u0000',
      'signers: ',
      '~',
      '.nan',
      '0x1',
      '\ud800',
    );
    const text = fc.oneof(
      fc.array(words, { maxLength: 30 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.json({ maxDepth: 3 }),
      shapes.map((value) => JSON.stringify({ schemaVersion: 'v1', ...value })),
    );
    fc.assert(
      fc.property(text, fc.boolean(), (input, strict) => {
        for (const parse of [parseContract, parseContracts]) {
          try {
            parse(input, { strict });
          } catch (error) {
            assert.ok(error instanceof CodedError && error.code === 'contract_invalid', String(error));
          }
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('reads back every contract that can be written', () => {
    const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?$/);
    const material = fc.record({
      name,
      type: fc.constantFrom('SARIF', 'STRING', 4, 'EVIDENCE'),
      optional: fc.boolean(),
      output: fc.boolean(),
      group: fc.option(name, { nil: '' }),
    });
    const spec = fc.record({
      materials: fc.uniqueArray(material, { selector: (item) => item.name, maxLength: 4 }),
      signers: fc.array(fc.record({ issuer: name, subject: name }), { minLength: 1, maxLength: 3 }),
      envAllowList: fc.array(name, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(spec, name, (written, contractName) => {
        const document = {
          apiVersion: 'chainloop.dev/v1',
          kind: 'Contract',
          metadata: { name: contractName },
          spec: written,
        };
        const { contract } = parseContract(JSON.stringify(document), { strict: true });
        assert.equal(contract.name, contractName);
        assert.deepEqual(
          contract.signers,
          written.signers.map((signer) => ({ ...signer })),
        );
        assert.deepEqual(contract.envAllowList, written.envAllowList);
        assert.deepEqual(
          contract.materials.map((m) => [m.name, m.output, m.group]),
          written.materials.map((m) => [m.name, m.output, m.group]),
        );
      }),
      { numRuns: 200 },
    );
  });
});

const shapes = fc.dictionary(
  fc.constantFrom(
    'materials',
    'signers',
    'runner',
    'policies',
    'policyGroups',
    'annotations',
    'envAllowList',
    'env_allow_list',
  ),
  fc.jsonValue({ maxDepth: 3 }),
);

describe('parseContracts', () => {
  it('reads every document of a file and gives each its own text', () => {
    const text = `# first\n${v2('materials: []')}---\n---\n${v2('annotations: []').replace('demo', 'other')}`;
    const parsed = parseContracts(text);
    assert.deepEqual(
      parsed.map((item) => item.name),
      ['demo', 'other'],
    );
    for (const item of parsed) assert.deepEqual(parseContract(item.text).name, item.name);
    assert.notEqual(parsed[0]?.contract.digest, parsed[1]?.contract.digest);
  });

  it('counts lines through the whole file', () => {
    assert.throws(
      () => parseContracts(`${v2('materials: []')}---\nkind: Policy\n`, { filename: 'c.yaml' }),
      /c\.yaml:8:/,
    );
  });
});
