import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import fc from 'fast-check';
import { defineCommand } from './command.ts';
import { findCommand } from './find-command.ts';
import { parseCall } from './parse.ts';

const command = defineCommand({
  summary: 'A command',
  arguments: [{ name: 'FILE', summary: 'a file', required: true }],
  options: {
    name: { type: 'string', required: true, summary: 'a name' },
    label: { type: 'string', multiple: true, summary: 'labels' },
    role: { type: 'string', choices: ['admin', 'viewer'], summary: 'a role' },
    force: { type: 'boolean', short: 'f', summary: 'force' },
  },
  examples: ['a', 'b'],
  run: async () => 0,
});

const parse = (...words: string[]) => parseCall(command, 'test', words);
const refuses = (words: string[], code: string, text: RegExp) =>
  assert.throws(
    () => parse(...words),
    (error) => isCoded(error, code) && text.test(error.message),
  );

describe('parseCall', () => {
  it('reads options in any order, repeated ones as a list, and arguments', () => {
    const { call, globals } = parse('--label', 'a', 'file', '--name=n', '--label=b', '-f', '-o', 'json');
    assert.deepEqual(call.args, ['file']);
    assert.deepEqual(call.options['label'], ['a', 'b']);
    assert.equal(call.options['force'], true);
    assert.equal(call.options['name'], 'n');
    assert.equal(globals.output, 'json');
  });
  it('gives absent flags as false and absent lists as empty', () => {
    const { call } = parse('file', '--name', 'n');
    assert.equal(call.options['force'], false);
    assert.deepEqual(call.options['label'], []);
  });
  it('takes flags with =true and =false', () => {
    assert.equal(parse('file', '--name', 'n', '--force=true').call.options['force'], true);
    assert.equal(parse('file', '--name', 'n', '--force=false').call.options['force'], false);
  });
  it('takes everything after -- as arguments', () => {
    assert.deepEqual(parse('--name', 'n', '--', '--file').call.args, ['--file']);
  });
  it('names the nearest option when one is unknown', () => {
    refuses(['file', '--nmae', 'n'], 'usage_unknown_option', /did you mean --name/);
    refuses(['file', '--name', 'n', '--qqqqq'], 'usage_unknown_option', /--help/);
  });
  it('refuses missing, surplus, repeated and wrong values', () => {
    refuses([], 'usage_missing', /FILE and --name/);
    refuses(['file', 'other', '--name', 'n'], 'usage_invalid', /"other"/);
    refuses(['file', '--name', 'n', '--name', 'm'], 'usage_invalid', /twice/);
    refuses(['file', '--name'], 'usage_invalid', /needs a value/);
    refuses(['file', '--name', 'n', '--force=yes'], 'usage_invalid', /takes no value/);
    refuses(['file', '--name', 'n', '--role', 'root'], 'usage_invalid', /admin, viewer/);
  });
  it('asks for nothing when help is wanted', () => {
    assert.equal(parse('--help').globals.help, true);
  });
  it('answers any words with a call or a usage error', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('--name', '--label', '-f', '-', '--', '__proto__', '--__proto__', '--constructor=1'),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        try {
          parse(...words);
        } catch (error) {
          assert.ok(isCoded(error) && error.code.startsWith('usage_'), String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('findCommand', () => {
  it('finds nouns, verbs and aliases', () => {
    const found = findCommand(['att', 'push', '--bundle', 'x']);
    assert.equal(found.type === 'command' && found.path, 'attestation push');
    assert.equal(findCommand(['attestation']).type, 'noun-help');
    assert.equal(findCommand([]).type, 'root-help');
    assert.equal(findCommand(['--version']).type, 'version');
  });
  it('names the nearest command, and none for names of Object.prototype', () => {
    assert.throws(() => findCommand(['atestation']), /did you mean waybill attestation\?/);
    assert.throws(() => findCommand(['gate', 'chek']), /did you mean waybill gate check\?/);
    assert.throws(() => findCommand(['runs', 'list']), /did you mean waybill run\?/);
    assert.throws(() => findCommand(['constructor']), /no command "constructor"/);
    assert.throws(() => findCommand(['gate', '__proto__']), /no command "__proto__"/);
  });
  it('understands words of other programs and other orders well enough to say what to type', () => {
    for (const [words, meant] of [
      ['list workflows', 'workflow list'],
      ['create contract', 'contract apply'],
      ['wf contract apply -f x', 'contract apply'],
      ['wf run ls', 'run list'],
      ['workflow ls', 'workflow list'],
      ['contract create', 'contract apply'],
      ['token delete', 'token revoke'],
      ['att start', 'attestation init'],
      ['auth login', 'login'],
      ['apply -f x', 'contract apply'],
      ['push', 'attestation push'],
      ['add --name x', 'key add or waybill issuer add or waybill attestation add'],
    ] as const) {
      assert.throws(
        () => findCommand(words.split(' ')),
        new RegExp(`did you mean waybill ${meant}\\?`),
        words,
      );
    }
  });
});
