import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { VERSION } from '../src/version.ts';
import { BIN, ended, startProgram, waybill, workspace } from './program.ts';

/** A server that answers every request the same way. */
async function answering(status: number, body: unknown): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  });
  return listening(server);
}

async function listening(server: Server): Promise<{ url: string } & AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

describe('waybill', () => {
  it('writes data to stdout, nothing to stderr, and ends with 0', async () => {
    await using at = await workspace();
    const table = await waybill(['version'], { cwd: at.dir });
    assert.deepEqual(table, {
      code: 0,
      signal: null,
      stdout: `waybill ${VERSION} (Node ${process.versions.node})\n`,
      stderr: '',
    });
    const json = await waybill(['version', '-o', 'json'], { cwd: at.dir });
    assert.equal((JSON.parse(json.stdout) as { version: string }).version, VERSION);
    const yaml = await waybill(['version', '-o', 'yaml'], { cwd: at.dir });
    assert.equal(yaml.stdout, `version: ${VERSION}\nnode: ${process.versions.node}\n`);
  });
  it('ends with 2 and a suggestion for what it does not know, with an empty stdout', async () => {
    await using at = await workspace();
    for (const [words, hint] of [
      [['atestation', 'push'], 'did you mean waybill attestation?'],
      [['gate', 'chekc'], 'did you mean waybill gate check?'],
      [['run', 'list', '--projcet', 'x'], 'did you mean --project?'],
    ] as const) {
      const { code, stdout, stderr } = await waybill(words, { cwd: at.dir });
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.ok(stderr.includes(hint), stderr);
      assert.equal(stderr.trimEnd().split('\n').length, 1);
    }
  });
  it('tells errors as lines of JSON to whoever asks for that, also of options that it cannot read', async () => {
    await using at = await workspace();
    const token = 'wb_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
    for (const [words, env, code, exit] of [
      [['run', 'list', '--log-format', 'json', '--projcet', 'x'], {}, 'usage_unknown_option', 2],
      [
        ['run', 'list', '--log-format=json'],
        { WAYBILL_TOKEN: token, WAYBILL_URL: 'http://127.0.0.1:9' },
        null,
        1,
      ],
      [['gate', token], { WAYBILL_LOG_FORMAT: 'json' }, 'usage_unknown_command', 2],
    ] as const) {
      const found = await waybill(words, { cwd: at.dir, env });
      const [line, ...rest] = found.stderr.trimEnd().split('\n');
      assert.deepEqual([found.stdout, rest], ['', []], found.stderr);
      assert.ok(!found.stderr.includes(token));
      const record = JSON.parse(line ?? '') as Record<string, unknown>;
      assert.deepEqual([record['level'], record['exit'], found.code], ['error', exit, exit]);
      if (code !== null) assert.equal(record['code'], code);
    }
  });
  it('hands the trace of the pipeline on', async () => {
    await using at = await workspace();
    const seen: (string | undefined)[] = [];
    await using server = await listening(
      createServer((request, response) => {
        seen.push(request.headers['traceparent'] as string | undefined);
        response.writeHead(404, { 'content-type': 'application/problem+json' }).end('{}');
      }),
    );
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    for (const given of [traceparent, 'something else']) {
      const env = { WAYBILL_URL: server.url, WAYBILL_TOKEN: `wb_${'x'.repeat(43)}`, TRACEPARENT: given };
      await waybill(['whoami'], { cwd: at.dir, env });
    }
    assert.deepEqual(seen, [traceparent, undefined]);
  });
  it('shows help on stdout with 0', async () => {
    await using at = await workspace();
    for (const words of [[], ['--help'], ['gate'], ['help', 'gate', 'check'], ['serve', '--help']]) {
      const { code, stdout } = await waybill(words, { cwd: at.dir });
      assert.equal(code, 0);
      assert.match(stdout, /^Usage: waybill/);
    }
  });
  it("shows the server's own options where the server is installed", async () => {
    await using at = await workspace();
    const { code, stdout, stderr } = await waybill(['serve', '--help'], { cwd: at.dir });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /^Usage: waybill serve[^]*\n {2}--listen HOST:PORT /);
    assert.ok(!stdout.includes('--token-file'), 'no option that serve would refuse');
  });
  it('never repeats a token that stands in the wrong place', async () => {
    await using at = await workspace();
    const token = 'wb_0123456789abcdefghijklmnopqrstuvwxyz0123456';
    for (const words of [
      ['login', token],
      ['login', '--token', token],
      ['whoami', `--token=${token}`],
      ['gate', 'check', token, '--contract', 'c'],
      [token],
    ]) {
      const { code, stdout, stderr } = await waybill(words, { cwd: at.dir });
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.ok(!stderr.includes('0123456789'), stderr);
    }
  });
  it('says in one sentence that the server does not answer; a stack only for WAYBILL_DEBUG', async () => {
    await using at = await workspace();
    const env = { WAYBILL_TOKEN: 'wb_0123456789', WAYBILL_URL: 'http://127.0.0.1:9' };
    const plain = await waybill(['whoami'], { cwd: at.dir, env });
    assert.equal(plain.code, 1);
    assert.match(plain.stderr, /no answer from http:\/\/127\.0\.0\.1:9 .*\[client_unreachable\]\n$/);
    assert.ok(!plain.stderr.includes('    at '));
    const debug = await waybill(['whoami'], { cwd: at.dir, env: { ...env, WAYBILL_DEBUG: '1' } });
    assert.ok(debug.stderr.includes('    at '));
    assert.ok(!(plain.stderr + debug.stderr).includes('wb_0123456789'));
  });
  it("passes the server's own code and message on, without its control characters", async () => {
    await using at = await workspace();
    await using server = await answering(403, {
      code: 'identity_forbidden',
      detail: 'not\u001b[2J allowed',
      status: 403,
    });
    const { code, stderr } = await waybill(['whoami', '--server', server.url], {
      cwd: at.dir,
      env: { WAYBILL_TOKEN: 'wb_0123456789' },
    });
    assert.equal(code, 1);
    assert.equal(stderr, 'waybill: not [2J allowed [identity_forbidden]\n');
  });
  it('ends with 4 when the gate does not allow, also on an error of the gate', async () => {
    await using at = await workspace();
    const digest = `sha256:${'0'.repeat(64)}`;
    for (const [outcome, expected] of [
      ['allow', 0],
      ['deny', 4],
      ['error', 4],
    ] as const) {
      await using server = await answering(200, {
        id: 'd1',
        outcome,
        reasons: [],
        subject: { digest },
        context: { contract: 'release' },
        evidence: null,
        decidedAt: '2026-01-01T00:00:00Z',
        validUntil: null,
      });
      const { code } = await waybill(
        ['gate', 'check', digest, '--contract', 'release', '--server', server.url],
        {
          cwd: at.dir,
          env: { WAYBILL_TOKEN: 'wb_0123456789' },
        },
      );
      assert.equal(code, expected, outcome);
    }
  });
  it('ends with 130 on Ctrl-C, without a word', async () => {
    await using at = await workspace();
    let asked: () => void = () => undefined;
    const request = new Promise<void>((resolve) => (asked = resolve));
    await using server = await listening(createServer(() => asked()));
    const child = startProgram(['whoami', '--server', server.url], {
      cwd: at.dir,
      env: { WAYBILL_TOKEN: 'wb_0123456789' },
    });
    const end = ended(child);
    await request;
    child.kill('SIGINT');
    assert.deepEqual(await end, { code: 130, signal: null, stdout: '', stderr: '' });
  });
});

describe('waybill serve', () => {
  /** A stand-in for the server package: says what it was given, ends with 7 on the first signal. */
  const SERVER = `
    const signals = [];
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {
      signals.push(signal);
      setImmediate(() => { console.log(signals.join()); process.exit(7); });
    });
    setInterval(() => undefined, 1000);
    console.log(process.argv.slice(2).join(' '));`;

  async function installServer(dir: string): Promise<void> {
    const place = path.join(dir, 'node_modules/@waybill/server');
    await mkdir(place, { recursive: true });
    await writeFile(path.join(place, 'serve.mjs'), SERVER);
    await writeFile(path.join(place, 'package.json'), '{ "exports": { "./serve": "./serve.mjs" } }');
  }

  async function loneProgram(dir: string): Promise<string> {
    const { buildCli } = await import('../../../tools/build-cli.ts');
    return (await buildCli(path.join(dir, 'program'))).file;
  }

  it('says how to get the server where it is not installed', async () => {
    await using at = await workspace();
    const { code, stderr } = await waybill(['serve'], { cwd: at.dir, bin: await loneProgram(at.dir) });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /the server is not installed: run npm install @waybill\/server.*\[cli_server_missing\]\n$/,
    );
  });

  it('hands words and signals on to the server, each Ctrl-C once, and ends as it ends', async () => {
    await using at = await workspace();
    await installServer(at.dir);
    const child = startProgram(['serve', '--listen', '127.0.0.1:1', '--data', 'd'], {
      cwd: at.dir,
      bin: await loneProgram(at.dir),
    });
    const end = ended(child);
    await once(child.stdout ?? child, 'data');
    child.kill('SIGINT');
    child.kill('SIGINT');
    assert.deepEqual(await end, {
      code: 7,
      signal: null,
      stdout: '--listen 127.0.0.1:1 --data d\nSIGINT\n',
      stderr: '',
    });
  });
});

describe('bin/waybill.js', () => {
  /** A stand-in for an old Node: it reports an old version and loads the launcher. */
  async function oldNode(dir: string): Promise<string> {
    const file = path.join(dir, 'old.cjs');
    await writeFile(
      file,
      `Object.defineProperty(process.versions, 'node', { value: '18.19.0' });
       process.argv.splice(1, 1);
       require(process.argv[1]);`,
    );
    return file;
  }

  it('runs itself again under the bundled Node: streams, words and exit code are kept', {
    skip: process.platform !== 'linux',
  }, async () => {
    await using at = await workspace();
    const shim = await oldNode(at.dir);
    const run = (words: string[]) => waybill([BIN, ...words], { cwd: at.dir, bin: shim });
    assert.deepEqual(await run(['nonsense words']), {
      code: 2,
      signal: null,
      stdout: '',
      stderr:
        'waybill: waybill has no command "nonsense words": see waybill --help [usage_unknown_command]\n',
    });
    assert.match((await run(['version'])).stdout, /^waybill .* \(Node 24/);
  });
  it('says what to do when there is no newer Node', async () => {
    await using at = await workspace();
    const lone = path.join(at.dir, 'waybill.cjs');
    await copyFile(BIN, lone);
    const { code, stderr } = await waybill([lone, 'version'], { cwd: at.dir, bin: await oldNode(at.dir) });
    assert.equal(code, 1);
    assert.match(stderr, /^waybill: needs Node 24 or newer, and this is v.*npm ci.*\n$/);
  });
});

describe('dist/waybill.js', () => {
  it('is one file that runs where nothing of this repository is', async () => {
    await using at = await workspace();
    const { buildCli } = await import('../../../tools/build-cli.ts');
    const { file } = await buildCli(path.join(at.dir, 'build'));
    const lone = path.join(at.dir, 'lone.js');
    await copyFile(file, lone);
    const version = await waybill(['version'], { cwd: at.dir, bin: lone });
    assert.deepEqual({ code: version.code, stderr: version.stderr }, { code: 0, stderr: '' });
    const status = await waybill(['attestation', 'status'], { cwd: at.dir, bin: lone });
    assert.match(status.stderr, /no attestation is open here .*\[state_missing\]/);
  });
  it('reads its program only for what needs it: version answers without', async () => {
    await using at = await workspace();
    const { buildCli } = await import('../../../tools/build-cli.ts');
    const { file } = await buildCli(path.join(at.dir, 'build'));
    const text = await readFile(file, 'utf8');
    const launcher = text.slice(0, text.lastIndexOf('/*waybill:program\n'));
    assert.ok(launcher.length < text.length / 20, 'the launcher is short');
    await writeFile(file, `${launcher}/*waybill:program\n(no program)*/\n`);
    assert.match((await waybill(['version'], { cwd: at.dir, bin: file })).stdout, /^waybill /);
    assert.equal((await waybill(['whoami'], { cwd: at.dir, bin: file })).code, 1);
  });
});
