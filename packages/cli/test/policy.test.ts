/** `waybill policy` as a person starts it. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { inProcess } from './in-process.ts';
import { waybill, workspace } from './program.ts';

const POLICY = 'package a\n\ndefault allow := false\nallow if input.user == "bob"\n';

describe('waybill policy eval', () => {
  it('writes the answer to stdout, what policies print to stderr, and ends with its code', async () => {
    await using at = await workspace();
    await writeFile(path.join(at.dir, 'a.rego'), `${POLICY}p if { print("seen"); input.x > 1 }\n`);
    const words = ['policy', 'eval', 'data.a.p', '-d', 'a.rego', '-I', '--fail', '-f', 'raw'];
    const held = await waybill(words, { cwd: at.dir, stdin: '{"x": 2}' });
    assert.deepEqual(held, { code: 0, signal: null, stdout: 'true\n', stderr: 'seen\n' });
    const failed = await waybill(words, { cwd: at.dir, stdin: '{"x": 1}' });
    assert.deepEqual(failed, { code: 1, signal: null, stdout: '', stderr: 'seen\n' });
  });

  it('ends what takes too long, and says so', async () => {
    await using at = await workspace();
    const query = 'some a in numbers.range(1, 1000000); some b in numbers.range(1, 1000000); a * b < 0';
    const { code, stderr } = await inProcess(
      ['policy', 'eval', query, '--timeout', '200ms', '-f', 'pretty'],
      { cwd: at.dir },
    );
    assert.equal(code, 2);
    assert.match(stderr, /eval_cancel_error/);
  });

  it('tells the steps', async () => {
    await using at = await workspace();
    await writeFile(path.join(at.dir, 'a.rego'), POLICY);
    const words = ['policy', 'eval', 'data.a.allow', '-d', 'a.rego', '--explain', 'fails'];
    const { stdout } = await inProcess([...words, '-f', 'pretty'], { cwd: at.dir });
    assert.match(stdout, /^a\.rego:4 {2}Enter data\.a\.allow\na\.rego:4 {2}\| Fail input\.user == "bob"\n/);
    const json = await inProcess(words, { cwd: at.dir });
    const { explanation } = JSON.parse(json.stdout) as { explanation: readonly { op: string }[] };
    assert.deepEqual(
      explanation.map(({ op }) => op),
      ['Enter', 'Fail'],
    );
  });

  it('refuses what cannot be read, by its name', async () => {
    await using at = await workspace();
    const bombs = 'a: &a [x, x]\nb: &b [*a, *a]\n';
    await writeFile(path.join(at.dir, 'x.json'), '{"a": ');
    await writeFile(path.join(at.dir, 'y.yaml'), `${bombs}c: *none\n`);
    for (const file of ['x.json', 'y.yaml', 'none.json']) {
      const { code, stderr } = await inProcess(['policy', 'eval', '1', '-d', file, '-f', 'pretty'], {
        cwd: at.dir,
      });
      assert.equal(code, 2);
      assert.ok(stderr.includes(file) && !stderr.includes('[internal]'), stderr);
    }
    for (const words of [['eval'], ['eval', '1', '--timeout', 'soon'], ['bench', '1', '--count', '0']]) {
      assert.equal((await inProcess(['policy', ...words], { cwd: at.dir })).code, 2);
    }
  });
});

describe('waybill policy eval --policy', () => {
  const program =
    'package p\ndeny contains msg if { some x in input.items; x == input.args.bad; msg := sprintf("has %v", [x]) }\n';
  const document = (script: string): string =>
    `apiVersion: chainloop.dev/v1\nkind: Policy\nmetadata: { name: items }\nspec:\n  inputs: [{ name: bad, required: true }]\n  policies: [{ kind: EVIDENCE, ${script} }]\n`;

  it('judges a file by a document, with its program in it or beside it', async () => {
    await using at = await workspace();
    await writeFile(path.join(at.dir, 'p.rego'), program);
    await writeFile(path.join(at.dir, 'beside.yaml'), document('path: p.rego'));
    await writeFile(path.join(at.dir, 'in.yaml'), document(`embedded: ${JSON.stringify(program)}`));
    await writeFile(path.join(at.dir, 'x.json'), '{"items":["a","b"]}');
    for (const file of ['beside.yaml', 'in.yaml']) {
      const words = ['policy', 'eval', '--policy', file, '--material', 'x.json', '--kind', 'EVIDENCE'];
      const failed = await inProcess([...words, '--with', 'bad=b'], { cwd: at.dir });
      assert.deepEqual([failed.code, failed.stdout], [4, 'policy items (x.json): fails\n  has b\n']);
      const held = await inProcess([...words, '--with', 'bad=c', '-f', 'json'], { cwd: at.dir });
      assert.equal(held.code, 0);
      assert.equal((JSON.parse(held.stdout) as { outcome: string }).outcome, 'holds');
      const unclear = await inProcess(words, { cwd: at.dir });
      assert.deepEqual([unclear.code, /undetermined \(error\)/.test(unclear.stdout)], [4, true]);
    }
  });

  it('says that a policy took too long, and which', async () => {
    await using at = await workspace();
    const slow =
      'package p\ndeny contains "x" if { some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a * b < 0 }';
    await writeFile(path.join(at.dir, 'p.yaml'), document(`embedded: ${JSON.stringify(slow)}`));
    await writeFile(path.join(at.dir, 'x.json'), '{}');
    const words = ['policy', 'eval', '--policy', 'p.yaml', '--material', 'x.json', '--kind', 'EVIDENCE'];
    const { code, stdout } = await inProcess([...words, '--with', 'bad=1'], { cwd: at.dir });
    assert.equal(code, 4);
    assert.match(stdout, /^policy items \(x\.json\): undetermined \(deadline\)\n {2}eval_/);
  });
});

describe('waybill policy explain', () => {
  it('tells what did not hold, and with what values', async () => {
    await using at = await workspace();
    await writeFile(path.join(at.dir, 'a.rego'), POLICY);
    await writeFile(path.join(at.dir, 'in.json'), '{"user":"al"}');
    const words = ['policy', 'explain', 'data.a.allow', '-d', 'a.rego', '-i', 'in.json'];
    const { code, stdout } = await inProcess(words, { cwd: at.dir });
    assert.equal(code, 0);
    assert.equal(
      stdout,
      'false\n\na.rego:4:10: in data.a.allow\n    input.user == "bob"\n    never held: tried 1 time\n    with {"input.user":"al"}\n',
    );
    const json = await inProcess([...words, '-o', 'json'], { cwd: at.dir });
    const { failures } = JSON.parse(json.stdout) as { failures: readonly unknown[] };
    assert.deepEqual(failures, [
      {
        rule: 'data.a.allow',
        text: 'input.user == "bob"',
        location: { file: 'a.rego', row: 4, col: 10 },
        tried: 1,
        values: { 'input.user': 'al' },
      },
    ]);
  });
});

describe('waybill policy check --lint', () => {
  it('tells what is legal and hardly ever meant', async () => {
    await using at = await workspace();
    await writeFile(path.join(at.dir, 'a.rego'), `${POLICY}p := sprintf("%v %v", [1])\n`);
    assert.equal((await inProcess(['policy', 'check', 'a.rego'], { cwd: at.dir })).code, 0);
    const words = ['policy', 'check', 'a.rego', '--lint'];
    const found = await inProcess(words, { cwd: at.dir });
    assert.equal(found.code, 1);
    assert.match(found.stdout, /^a\.rego:5: sprintf-arguments-mismatch: /);
    const { stdout } = await inProcess([...words, '-f', 'json'], { cwd: at.dir });
    const { findings } = JSON.parse(stdout) as { findings: readonly { rule: string }[] };
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ['sprintf-arguments-mismatch'],
    );
  });
});

describe('waybill policy fmt', () => {
  it('shows a diff, and writes nothing unless told', async () => {
    await using at = await workspace();
    const file = path.join(at.dir, 'u.rego');
    await writeFile(file, 'package u\np:=1\n');
    const { stdout, code } = await inProcess(['policy', 'fmt', '--diff', '--fail', 'u.rego'], {
      cwd: at.dir,
    });
    assert.equal(code, 2);
    assert.match(stdout, /^-p:=1$/m);
    assert.match(stdout, /^\+p := 1$/m);
    assert.equal(await readFile(file, 'utf8'), 'package u\np:=1\n');
    assert.equal((await inProcess(['policy', 'fmt', '-w', 'u.rego'], { cwd: at.dir })).stdout, '');
    assert.equal(await readFile(file, 'utf8'), 'package u\n\np := 1\n');
  });
});
