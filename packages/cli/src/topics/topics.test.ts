import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { variablesOf } from '@waybill/core/runner';
import { PROVIDERS } from '../ci/index.ts';
import { ALIASES, COMMANDS } from '../command-map.ts';
import { ENVIRONMENT } from '../environment.ts';
import { findCommand } from '../find-command.ts';
import { parseCall } from '../parse.ts';
import { TOPICS, topicList, topicText } from './index.ts';

const SOURCES = [
  path.resolve(import.meta.dirname, '..'),
  path.resolve(import.meta.dirname, '../../../clients/src'),
];

async function sources(): Promise<string> {
  const files = await Promise.all(
    SOURCES.map(async (root) =>
      (await readdir(root, { recursive: true }))
        .filter(
          (name) => name.endsWith('.ts') && !name.includes('.test.') && !name.includes('environment.ts'),
        )
        .map((name) => path.join(root, name)),
    ),
  );
  return (await Promise.all(files.flat().map((file) => readFile(file, 'utf8')))).join('\n');
}

describe('topics', () => {
  it('have lines that fit a terminal, and names that no command has', async () => {
    for (const name of Object.keys(TOPICS)) {
      assert.ok(!Object.hasOwn(COMMANDS, name) && !Object.hasOwn(ALIASES, name), name);
      assert.ok(topicList().includes(`\n  ${name} `));
      for (const line of (await topicText(name)).split('\n'))
        assert.ok(line.length <= 100, `${name}: ${line}`);
      assert.deepEqual(findCommand(['help', name]), { type: 'topic', name });
    }
    assert.deepEqual(findCommand(['help', 'topics']), { type: 'topic', name: undefined });
    assert.throws(() => findCommand(['help', 'enviroment']), {
      message: /did you mean waybill help environment\?/,
    });
  });
  it('name commands that there are, with options that they take', async () => {
    for (const name of Object.keys(TOPICS)) {
      const text = (await topicText(name)).replaceAll(/ \\\n +/g, ' ');
      for (const [, words = ''] of text.matchAll(/^ {2}waybill ((?:[a-z-]+ )+--.*)$/gm)) {
        const found = findCommand(words.split(' '));
        assert.equal(found.type, 'command', words);
        if (found.type === 'command') parseCall((await found.leaf.load()).command, found.path, found.rest);
      }
    }
  });
  it('name every variable that the program reads, and no other', async () => {
    const text = await sources();
    const ofRunners = new Set(PROVIDERS.flatMap(({ type }) => Object.values(variablesOf(type)).flat()));
    const read = new Set(
      [...text.matchAll(/\b(?:WAYBILL|SIGSTORE|COSIGN|CHAINLOOP)_[A-Z_]+\b/g)]
        .map(([name]) => name)
        .filter((name) => !ofRunners.has(name)),
    );
    for (const name of NOT_READ) assert.ok(read.delete(name), `${name} is not mentioned any more`);
    assert.deepEqual(
      [...read].filter((name) => !Object.hasOwn(ENVIRONMENT, name)),
      [],
    );
    assert.deepEqual(
      Object.keys(ENVIRONMENT).filter((name) => !text.includes(name)),
      [],
    );
  });
});

/** Of the server, of an example, or what makes a runner. */
const NOT_READ = ['WAYBILL_MASTER_KEY_FILE', 'COSIGN_PRIVATE_KEY', 'COSIGN_SIGN_TYPE', 'CHAINLOOP_SANDBOX'];
