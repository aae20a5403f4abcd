import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { waybill, workspace } from './program.ts';
import { atTerminal, noTerminal } from './terminal.ts';

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: release }
spec: { materials: [{ name: app, type: ARTIFACT }] }
`;
const WORKFLOW = '--project demo --workflow build';

let world: TestWorld;
before(async () => {
  world = await testWorld();
  await world.owner.applyContract({ document: CONTRACT });
  await world.owner.createWorkflow({ project: 'demo', name: 'build', contract: 'release' });
});
after(() => world.close());

async function place() {
  const at = await workspace();
  const env = { WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() };
  return {
    dir: at.dir,
    run: (words: string) => waybill(words.split(' '), { cwd: at.dir, env }),
    atTerminal: (
      words: string,
      more: NodeJS.ProcessEnv,
      answers: readonly (readonly [RegExp, string])[] = [],
    ) => atTerminal(words.split(' '), { cwd: at.dir, env: { ...env, ...more } }, answers),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

describe('waybill at a terminal', { skip: noTerminal }, () => {
  it('shows what is under way to a person, and nothing of it in a job that has a terminal', async () => {
    await using at = await place();
    await writeFile(path.join(at.dir, 'big.bin'), Buffer.alloc(3_000_000, at.dir));
    assert.equal((await at.run(`att init ${WORKFLOW}`)).code, 0);
    const add = 'att add --name app --value big.bin';
    const seen = await at.atTerminal(add, {});
    assert.equal(seen.code, 0, seen.text);
    assert.match(seen.text, /big\.bin +\[=* *\] +\d+% [\d.]+ k?M?B of 3\.0 MB/);
    assert.match(seen.text.replaceAll('\u001b', 'ESC'), /ESC\[1AESC\[J(?!.*%)/s);
    for (const [words, env] of [
      [add, { CI: 'true' }],
      [`${add} --log-format json`, {}],
    ] as const) {
      const { code, text } = await at.atTerminal(words, env);
      assert.equal(code, 0, text);
      assert.ok(!text.includes('%') && !text.includes('\u001b'), text);
    }
  });

  it('asks a person which workflow, and whether to delete; a job is told the option instead', async () => {
    await using at = await place();
    await world.owner.createWorkflow({ project: 'asked', name: 'other', contract: 'release' });
    const init = await at.atTerminal('att init', {}, [
      [/the name: $/, '99\n'],
      [/the name: $/, 'demo/build\n'],
    ]);
    assert.equal(init.code, 0, init.text);
    assert.match(init.text, /Which workflow\?\r\n {2}\d {2}\w+\/\w+\r\n/);
    assert.match(init.text, /workflow +default\/demo\/build/);
    const job = await at.atTerminal('att init --replace', { CI: 'true' });
    assert.deepEqual([job.code, /--project and --workflow are missing/.test(job.text)], [2, true], job.text);
    const kept = await at.atTerminal('workflow delete asked/other', {}, [[/\[y\/N\] $/, '\n']]);
    assert.deepEqual([kept.code, /cli_declined/.test(kept.text)], [1, true], kept.text);
    const gone = await at.atTerminal('workflow delete asked/other', {}, [[/\[y\/N\] $/, 'y\n']]);
    assert.deepEqual([gone.code, /deleted/.test(gone.text)], [0, true], gone.text);
    await world.owner.createWorkflow({ project: 'asked', name: 'script', contract: 'release' });
    const script = await at.run('workflow delete asked/script');
    assert.deepEqual([script.code, script.stderr], [0, '']);
  });

  it('asks for the token and does not show it', async () => {
    await using at = await place();
    const token = world.ownerToken.reveal();
    const login = await at.atTerminal('login', { WAYBILL_TOKEN: '' }, [
      [/nothing is shown\): $/, `x\u007f${token}\r`],
    ]);
    assert.equal(login.code, 0, login.text);
    assert.match(login.text, /logged in to/);
    assert.ok(!login.text.includes(token.slice(3)), login.text);
    const job = await at.atTerminal('login', { WAYBILL_TOKEN: '', CI: 'true' });
    assert.deepEqual([job.code, /--token - with the token/.test(job.text)], [2, true], job.text);
  });
});
