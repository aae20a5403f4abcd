import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { requirePeer } from '@waybill/testkit';
import { SCRIPTS, type Shell } from '../src/completion/scripts.ts';
import { BIN, spawned, workspace } from './program.ts';

/** A directory with files to complete, the script, and the program first on the path. */
async function place(shell: Shell) {
  const at = await workspace();
  await mkdir(path.join(at.dir, 'bin'));
  await symlink(BIN, path.join(at.dir, 'bin', 'waybill'));
  await mkdir(path.join(at.dir, 'dist'));
  await writeFile(path.join(at.dir, 'dist', 'my app.tgz'), '');
  await writeFile(path.join(at.dir, 'script'), SCRIPTS[shell]);
  const env = {
    PATH: [path.join(at.dir, 'bin'), path.dirname(process.execPath), process.env['PATH']].join(':'),
  };
  return {
    run: async (program: string, ...args: string[]) => {
      const { stdout, stderr } = await spawned(program, args, { cwd: at.dir, env });
      assert.equal(stderr, '');
      return stdout;
    },
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

/** Each call as the shell itself makes it at a key press, with the words as it breaks them. */
const BASH = `source ./script
press() {
  COMP_WORDS=(waybill "$@") COMP_CWORD=$#
  local current="\${!#}"
  _waybill waybill "\${current#=}" "\${COMP_WORDS[COMP_CWORD - 1]}"
  printf '[%s]' "\${COMPREPLY[@]}"; echo
}
press at; press att init --work; press att status --output = ya; press attest --material app = dist/; complete -p waybill`;

const ZSH = `compdef() { echo "compdef $*" }
compadd() { print -r -- "[\${(j:][:)values}]" "[\${(j:][:)shown}]" }
compset() { print -r -- "compset $*" }
_files() { print -r -- "files $*" }
press() { local -a words=(waybill "$@"); local CURRENT=$#words PREFIX=$words[-1]; _waybill }
source ./script
press att init --work; press attest --material app=dist/; press login --data d`;

const FISH = `source ./script
complete -C 'waybill att init --work'
complete -C 'waybill attest --material app=dist/'
complete -C 'waybill att status --output=y'`;

describe('waybill completion', () => {
  it('makes bash complete commands, options, choices, and files behind a name', async () => {
    await using at = await place('bash');
    assert.deepEqual((await at.run('bash', '--norc', '-c', BASH)).trimEnd().split('\n'), [
      '[attest][attestation][attest-blob]',
      '[--workflow]',
      '[yaml]',
      '[dist/my app.tgz]',
      'complete -F _waybill waybill',
    ]);
  });
  const zsh = requirePeer('zsh');
  it('makes zsh complete, with the meanings', { skip: zsh.skip }, async () => {
    await using at = await place('zsh');
    const lines = (await at.run(zsh.path ?? '', '-f', '-c', ZSH)).trimEnd().split('\n');
    assert.equal(lines[0], 'compdef _waybill waybill');
    assert.match(lines[1] ?? '', /^\[--workflow\] \[--workflow {2}-- Workflow, or /);
    assert.deepEqual(lines.slice(2), ['compset -P app=', 'files ', 'files -/']);
  });
  const fish = requirePeer('fish');
  it('makes fish complete, with the meanings', { skip: fish.skip }, async () => {
    await using at = await place('fish');
    const lines = (await at.run(fish.path ?? '', '--no-config', '-c', FISH)).trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^--workflow\tWorkflow, or /);
    assert.deepEqual(lines.slice(1), ['app=dist/my app.tgz', '--output=yaml']);
  });
});
