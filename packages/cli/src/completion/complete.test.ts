import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyCommand } from '../command-map.ts';
import { complete } from './complete.ts';
import type { Names } from './names.ts';

const NAMES: Names = {
  projects: async () => ['demo', '$(reboot)', 'x;reboot'],
  workflows: async (options) => (options.has('project') ? ['build'] : ['demo/build']),
};

async function offered(shell: string, ...words: string[]): Promise<readonly string[]> {
  const { candidates, paths } = await complete(shell, words, NAMES);
  return [...candidates.map(({ value }) => value), ...(paths ? [`${paths.type} ${paths.prefix}`] : [])];
}

describe('complete', () => {
  it('knows every command, by its words one after the other', async () => {
    for (const [path] of everyCommand()) {
      const words = path.split(' ');
      for (const [index, word] of words.entries()) {
        assert.ok((await offered('zsh', ...words.slice(0, index + 1))).includes(word), path);
      }
    }
  });
  it('offers options that are not given yet, values where there are only some, and paths', async () => {
    assert.deepEqual(await offered('zsh', 'att', 'init', '--wo'), ['--workflow']);
    assert.deepEqual(await offered('zsh', 'att', 'init', '--workflow', 'x', '--wo'), []);
    assert.deepEqual(await offered('zsh', 'workflow', 'trust', '--iss'), ['--issuer']);
    assert.deepEqual(await offered('zsh', 'att', 'status', '-o', ''), ['table', 'json', 'yaml']);
    assert.deepEqual(await offered('zsh', 'att', 'add', '--kind', 'SBOM_S'), ['SBOM_SPDX_JSON']);
    assert.deepEqual(await offered('zsh', 'completion', 'z'), ['zsh']);
    assert.deepEqual(await offered('zsh', 'help', 'att', 'pu'), ['push']);
    assert.deepEqual(await offered('zsh', 'help', 'mat'), ['materials']);
    assert.deepEqual(await offered('zsh', 'contract', 'apply', 'a'), ['files ']);
    assert.deepEqual(await offered('zsh', 'login', '--data', 'a'), ['directories ']);
    assert.deepEqual(await offered('zsh', 'attest', '--material', 'app=dist/a'), ['files app=']);
    assert.deepEqual(await offered('zsh', 'att', 'init', '--output=y'), ['--output=yaml']);
    assert.deepEqual(await offered('zsh', 'no-such', ''), []);
  });
  it('takes words as bash breaks them, and gives back what bash puts in their place', async () => {
    assert.deepEqual(await offered('bash', 'att', 'init', '--output', '='), ['table', 'json', 'yaml']);
    assert.deepEqual(await offered('bash', 'att', 'init', '--output', '=', 'y'), ['yaml']);
    assert.deepEqual(await offered('bash', 'attest', '--material', 'app', '=', 'dist/a'), ['files ']);
    assert.deepEqual(await offered('bash', 'att', 'init', '--server', 'http', ':', '//x', '--wo'), [
      '--workflow',
    ]);
  });
  it('asks the server for names, and hands on none that a shell would run', async () => {
    assert.deepEqual(await offered('zsh', 'att', 'init', '--project', ''), ['demo']);
    assert.deepEqual(await offered('zsh', 'att', 'init', '--workflow', ''), ['demo/build']);
    assert.deepEqual(await offered('zsh', 'att', 'init', '--project', 'demo', '--workflow', 'b'), ['build']);
    assert.deepEqual(await offered('zsh', 'workflow', 'describe', ''), ['demo/build']);
  });
});
