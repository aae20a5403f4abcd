import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { COMMANDS, everyCommand } from './command-map.ts';
import { findCommand } from './find-command.ts';
import { commandHelp, rootHelp } from './help.ts';
import { parseCall } from './parse.ts';
import { VERSION } from './version.ts';

describe('commandHelp', () => {
  for (const [path, leaf] of everyCommand()) {
    it(`of ${path} shows usage and two examples that the command itself accepts`, async () => {
      const { command } = await leaf.load();
      const text = commandHelp(path, command);
      assert.match(text, new RegExp(`^Usage: waybill ${path}`));
      assert.equal(new Set(command.examples).size, 2);
      for (const example of command.examples) assert.ok(text.includes(example));
      for (const example of command.passThrough ? [] : command.examples) {
        const found = findCommand(wordsOf(example));
        assert.equal(found.type === 'command' && found.path, path, example);
        if (found.type === 'command') parseCall(command, path, found.rest);
      }
    });
  }
});

/** The words of an example as a shell would pass them. */
function wordsOf(example: string): string[] {
  const command = example.slice(example.indexOf('waybill ') + 'waybill '.length).replace(/ [<>|] .*$/, '');
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map((found) => found[1] ?? found[2] ?? '');
}

describe('rootHelp', () => {
  it('names every command', () => {
    for (const name of Object.keys(COMMANDS)) assert.ok(rootHelp().includes(`\n  ${name}`), name);
  });
});

describe('VERSION', () => {
  it('is that of the package', async () => {
    const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    assert.equal(VERSION, manifest.version);
  });
});
