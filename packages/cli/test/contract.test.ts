/** Contracts by the program: from where they come, and what is said of them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Client } from '@waybill/api/client';
import { Secret } from '@waybill/core';
import {
  type TempDir,
  type TestAuthority,
  type TestWorld,
  tempDir,
  testAuthority,
  testWorld,
} from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

const named = (name: string, spec = '{ envAllowList: [A] }') =>
  `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: ${name} }\nspec: ${spec}\n`;

async function place() {
  const at = await workspace();
  return {
    dir: at.dir,
    write: (file: string, text: string) => writeFile(path.join(at.dir, file), text),
    run: (words: string, more: NodeJS.ProcessEnv = {}, stdin = '') =>
      waybill(words.split(' '), { cwd: at.dir, env: more, stdin }),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

function fails({ code, stderr }: Ended, expected: number, text: RegExp): void {
  assert.match(stderr, text);
  assert.ok(!/\n {4}at /.test(stderr), 'a stack');
  assert.equal(code, expected);
}

describe('waybill contract lint', () => {
  it('tells place, fault and what was meant, without a server', async () => {
    await using at = await place();
    await at.write('good.yaml', named('a'));
    await at.write(
      'bad.yaml',
      `${named('a')}---\n${named('b', '{ envAllowList: [СUSTOM_VAR_2], runner: { type: GITHUB } }')}`,
    );
    const nowhere = { WAYBILL_URL: 'http://127.0.0.1:9' };
    const good = await at.run('contract lint good.yaml', nowhere);
    assert.deepEqual([good.code, good.stdout], [0, '1 file: 0 errors, 0 warnings\n']);
    const bad = await at.run('contract lint good.yaml bad.yaml', nowhere);
    assert.equal(bad.code, 1);
    assert.deepEqual(
      bad.stdout.split('\n').map((line) => line.slice(0, 62)),
      [
        'bad.yaml:9:24: warning: spec.envAllowList[0]: no shell sets the',
        'bad.yaml:9:55: error: spec.runner.type: unknown runner type "G',
        '2 files: 1 error, 1 warning',
        '',
      ].map((line) => line.slice(0, 62)),
    );
    assert.match(bad.stdout, /U\+0421.*\n.*did you mean GITHUB_ACTION\?/);
  });

  it('takes warnings for faults when told, and answers in JSON', async () => {
    await using at = await place();
    const text = named('a', '{ materials: [], materal: 1 }');
    assert.equal((await at.run('contract lint -', {}, text)).code, 0);
    const { code, stdout } = await at.run('contract lint --strict -o json -', {}, text);
    assert.equal(code, 1);
    const { ok, errors, warnings, files } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([ok, errors, warnings], [false, 0, 1]);
    assert.equal(
      (files as { findings: { suggestion: string }[] }[])[0]?.findings[0]?.suggestion,
      'materials',
    );
  });
});

describe('a contract in CUE', () => {
  /** A stand-in for the real program, which is not on this machine: it shows how it was called. */
  async function withCue(at: Awaited<ReturnType<typeof place>>, script: string): Promise<NodeJS.ProcessEnv> {
    const bin = path.join(at.dir, 'bin');
    await mkdir(bin);
    await writeFile(path.join(bin, 'cue'), `#!/bin/sh\n${script}\n`);
    await chmod(path.join(bin, 'cue'), 0o755);
    return { PATH: `${bin}:${process.env['PATH']}` };
  }

  it('is exported by cue where that is installed', async () => {
    await using at = await place();
    await at.write('c.cue', 'schemaVersion: "v1"');
    const env = await withCue(
      at,
      '[ "$1 $2 $3" = "export --out json" ] && [ -f "$4" ] && echo \'{"schemaVersion": "v1", "runer": 1}\'',
    );
    const { code, stdout } = await at.run('contract lint c.cue', env);
    assert.equal(code, 0);
    assert.match(stdout, /^c\.cue as JSON:1:25: warning: runer: .*did you mean "runner"\?/);
  });

  it('is refused in a sentence where there is no cue, or where cue refuses it', async () => {
    await using at = await place();
    await at.write('c.cue', 'schemaVersion: 1 & 2');
    fails(
      await at.run('contract lint c.cue', { PATH: path.dirname(process.execPath) }),
      1,
      /c\.cue is CUE, and there is no cue on the PATH.*\[cli_cue\]/,
    );
    const env = await withCue(at, 'echo conflicting values >&2; exit 1');
    fails(
      await at.run('contract lint c.cue', env),
      1,
      /cue export refuses it: conflicting values \[cli_cue\]/,
    );
  });
});

describe('a contract at a URL', () => {
  let directory: TempDir;
  let authority: TestAuthority;
  let server: Server;
  let url: string;
  const seen: (string | undefined)[] = [];
  before(async () => {
    directory = await tempDir();
    authority = testAuthority(directory.path);
    server = createServer(authority.issue('waybill'), (request, response) => {
      seen.push(request.headers.authorization);
      if (request.url === '/c.yaml') response.end(named('a'));
      else if (request.url === '/moved') response.writeHead(302, { location: '/c.yaml' }).end();
      else if (request.url === '/plain')
        response.writeHead(302, { location: 'http://127.0.0.1:9/c.yaml' }).end();
      else if (request.url === '/long') response.end('#'.repeat(1_000_001));
      else response.writeHead(404).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await directory.remove();
  });

  it('is fetched over https, never with the token of the server', async () => {
    await using at = await place();
    const env = { WAYBILL_CA_FILE: authority.caFile, WAYBILL_TOKEN: 'wb_of_a_test' };
    for (const page of ['/c.yaml', '/moved']) {
      const { code, stdout } = await at.run(`contract lint ${url}${page}`, env);
      assert.deepEqual([code, stdout], [0, '1 file: 0 errors, 0 warnings\n']);
    }
    assert.deepEqual([...new Set(seen)], [undefined]);
    fails(await at.run(`contract lint ${url}/plain`, env), 1, /redirects from https to http:.*\[cli_fetch\]/);
    fails(await at.run(`contract lint ${url}/long`, env), 1, /longer than 1000000 bytes/);
    fails(await at.run(`contract lint ${url}/none?key=secret`, env), 1, /\/none answered with status 404/);
    fails(await at.run(`contract lint ${url}/c.yaml`), 1, /--ca-file names an authority/);
  });

  it('is not fetched in the clear, with a password, or by another scheme', async () => {
    await using at = await place();
    for (const address of [
      'http://127.0.0.1:9/c.yaml',
      'https://u:secret@127.0.0.1/c',
      'file:///etc/passwd',
    ]) {
      const ended = await at.run(`contract apply ${address}`);
      fails(ended, 2, /expected a file or an https:\/\/ URL without a password/);
      assert.doesNotMatch(ended.stderr, /secret/);
    }
  });
});

describe('waybill contract apply', () => {
  let world: TestWorld;
  before(async () => {
    world = await testWorld();
  });
  after(() => world.close());
  const env = () => ({ WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() });

  it('applies every document of a file, and says where a warning stands in it', async () => {
    await using at = await place();
    await at.write('c.yaml', `# all\n---\n${named('one')}---\n${named('two', '{ colour: red }')}`);
    const first = await at.run('contract apply c.yaml', env());
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^contract one revision 1 applied .*\ncontract two revision 1 applied .*\n$/);
    assert.match(first.stderr, /^c\.yaml:11:9: warning: unknown key "colour"/);
    const again = JSON.parse((await at.run('contract apply c.yaml -o json', env())).stdout) as {
      contracts: { changed: boolean }[];
    };
    assert.deepEqual(
      again.contracts.map(({ changed }) => changed),
      [false, false],
    );
    fails(await at.run('contract apply c.yaml --name x', env()), 2, /--name is for one document/);
  });

  it('sends nothing of a file with a fault in its last document', async () => {
    await using at = await place();
    await at.write('c.yaml', `${named('three')}---\n${named('FOUR')}`);
    fails(
      await at.run('contract apply c.yaml', env()),
      1,
      /^waybill: c\.yaml:8:19: metadata\.name: .*"FOUR"/,
    );
    const { contracts } = await world.owner.listContracts();
    assert.ok(!contracts.some(({ name }) => name === 'three'));
  });

  it('shows between revisions, and before a file is applied, whether less is asked for', async () => {
    await using at = await place();
    const spec = (more: string) => named('kept', `{ materials: [{ name: a, type: SARIF }${more}] }`);
    await at.write('one.yaml', spec(', { name: b, type: SARIF }'));
    await at.write('two.yaml', spec(''));
    assert.equal((await at.run('contract apply one.yaml', env())).code, 0);
    const planned = await at.run('contract diff kept two.yaml --exit-code', env());
    assert.equal(planned.code, 4, planned.stderr);
    assert.match(
      planned.stdout,
      /^revision 1 -> two\.yaml\nEFFECT +WHERE[^\n]*\nlaxer +materials\.b +\{"kind":"SARIF",/,
    );
    const none = await at.run('contract diff kept one.yaml --exit-code', env());
    assert.deepEqual([none.code, none.stdout], [0, 'revision 1 -> one.yaml: the demands are the same\n']);
    assert.equal((await at.run('contract apply two.yaml', env())).code, 0);
    const made = await at.run('contract diff kept -o json', env());
    const { from, to, laxer } = JSON.parse(made.stdout) as Record<string, unknown>;
    assert.deepEqual([made.code, from, to, laxer], [0, 'revision 1', 'revision 2', true]);
    const back = await at.run('contract diff kept --from 2 --to 1 --exit-code', env());
    assert.match(back.stdout, /\nstricter +materials\.b/);
    assert.equal(back.code, 0);
    fails(await at.run('contract diff kept --to 3', env()), 1, /revisions 1 to 2, found 3/);
    fails(await at.run('contract diff kept one.yaml --to 1', env()), 2, /expected FILE or --to/);
  });
});

describe('a date of activation', () => {
  let world: TestWorld;
  before(async () => {
    world = await testWorld();
  });
  after(() => world.close());
  const env = () => ({ WAYBILL_URL: world.url, WAYBILL_TOKEN: world.ownerToken.reveal() });

  it('is set by apply, shown by describe and list, and kept by attestation init', async () => {
    await using at = await place();
    await at.write('one.yaml', named('c'));
    await at.write('two.yaml', named('c', '{ envAllowList: [A, B] }'));
    assert.equal((await at.run('contract apply one.yaml', env())).code, 0);
    const day = `${new Date().getUTCFullYear() + 2}-01-01`;
    const planned = await at.run(`contract apply two.yaml --activates-at ${day}`, env());
    assert.match(planned.stdout, new RegExp(`revision 2 applied, in force from ${day} 00:00:00Z`));
    const shown = await at.run('contract describe c', env());
    assert.match(shown.stdout, new RegExp(`\\nin force +revision 1; revision 2 from ${day} 00:00:00Z\\n`));
    assert.match(shown.stdout, new RegExp(`\\n2 +sha256:.* ${day} 00:00:00Z\\n`));
    assert.match((await at.run('contract list', env())).stdout, /\nc +2 +1 +sha256:/);
    await world.owner.createWorkflow({ project: 'p', name: 'w', contract: 'c' });
    const { contract } = await world.owner.startRun({ project: 'p', workflow: 'w' });
    assert.equal(contract.revision, 1);
    fails(await at.run('contract apply two.yaml --activates-at 2027-02-30', env()), 2, /expected a day/);
    fails(
      await at.run('contract apply one.yaml --activates-at 2020-01-01', env()),
      1,
      /\[contract_activation_invalid\]/,
    );
  });

  it('is not anticipated by whoever may not write contracts, nor put off', async () => {
    await world.owner.applyContract({ document: named('early') });
    const later = new Date(Date.now() + 3_600_000).toISOString();
    await world.owner.applyContract({ document: `${named('early')}# laxer\n`, activatesAt: later });
    await world.owner.createWorkflow({ project: 'p', name: 'early', contract: 'early' });
    const { secret } = await world.owner.createToken({ name: 'ci', role: 'member' });
    const start = (client: Client, contractRevision: number) =>
      client.startRun({ project: 'p', workflow: 'early', contractRevision });
    const member = world.as(new Secret(secret));
    assert.equal((await start(member, 1)).contract.revision, 1);
    await assert.rejects(start(member, 2), { code: 'identity_forbidden' });
    assert.equal((await start(world.owner, 2)).contract.revision, 2);
  });

  it('does not keep a contract that nobody owes', async () => {
    await using at = await place();
    const { id } = await world.owner
      .applyContract({ document: named('gone') })
      .then(() => world.owner.describeContract('gone'));
    assert.equal((await at.run(`contract delete ${id}`, env())).stdout, `contract ${id} deleted\n`);
    assert.doesNotMatch((await at.run('contract list', env())).stdout, /\ngone /);
    assert.match((await at.run('contract describe gone', env())).stdout, /\ndeleted +20/);
    fails(await at.run('contract delete c -y', env()), 1, /owed by p\/w.*\[contract_in_use\]/);
  });
});

describe('waybill contract schema', () => {
  it('writes the schema of the documentation', async () => {
    await using at = await place();
    const { stdout } = await at.run('contract schema');
    const page = path.resolve(import.meta.dirname, '../../../docs/reference/contract.schema.json');
    assert.equal(stdout, await readFile(page, 'utf8'));
  });
});
