/** The program against a server whose authority no machine knows. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { type TempDir, type TestAuthority, tempDir, testAuthority } from '@waybill/testkit';
import { type Ended, ended, startProgram, waybill } from './program.ts';

let directory: TempDir;
let authority: TestAuthority;
let server: Server;
let env: NodeJS.ProcessEnv;

before(async () => {
  directory = await tempDir();
  authority = testAuthority(directory.path);
  server = createServer(authority.issue('waybill'), (_request, response) => {
    response.writeHead(401, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ code: 'token_invalid', detail: 'who is this?' }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  env = { WAYBILL_URL: `https://127.0.0.1:${port}`, WAYBILL_TOKEN: 'wb_of_a_test' };
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await directory.remove();
});

const whoami = (more: NodeJS.ProcessEnv = {}, ...args: readonly string[]) =>
  waybill(['whoami', ...args], { cwd: directory.path, env: { ...env, ...more } });

describe('a server with a certificate of a private authority', () => {
  it('is not believed, and the message says how to change that', async () => {
    const { code, stderr } = await whoami();
    assert.equal(code, 1);
    assert.match(
      stderr,
      /does not trust, name that one in --ca-file or WAYBILL_CA_FILE.*\[client_unreachable\]/s,
    );
  });

  it('is believed by option, by variable, and by that of Node', async () => {
    for (const answer of [
      await whoami({}, '--ca-file', authority.caFile),
      await whoami({ WAYBILL_CA_FILE: authority.caFile }),
      await whoami({ NODE_EXTRA_CA_CERTS: authority.caFile }),
    ]) {
      assert.match(answer.stderr, /who is this\? \[token_invalid\]/);
    }
  });

  it('is not believed by another authority, or a file that is none', async () => {
    await using other = await tempDir();
    const { caFile } = testAuthority(other.path);
    assert.match((await whoami({}, '--ca-file', caFile)).stderr, /\[client_unreachable\]/);
    const key = path.join(directory.path, 'ca.key');
    assert.match(
      (await whoami({}, '--ca-file', key)).stderr,
      /ca\.key holds no certificate in PEM.*\[cli_file\]/s,
    );
    assert.match((await whoami({}, '--ca-file', '/nowhere')).stderr, /cannot read \/nowhere/);
  });
});

describe('waybill serve --tls-cert', () => {
  it('serves a whole attestation over HTTPS, and takes a new certificate on SIGHUP', async () => {
    await using home = await tempDir('waybill-tls-');
    const place = (name: string): string => path.join(home.path, name);
    const install = async (commonName: string): Promise<void> => {
      const { cert, key } = authority.issue(commonName);
      await writeFile(place('tls.key'), key, { mode: 0o600 });
      await writeFile(place('tls.crt'), cert);
    };
    await install('first');
    const flags = `serve --listen 127.0.0.1:0 --data ${place('data')} --tls-cert tls.crt --tls-key tls.key`;
    const serve = startProgram(flags.split(' '), { cwd: home.path });
    const stopped = ended(serve);
    try {
      const url = await saidUrl(serve);
      const token = (await readFile(place('data/owner-token'), 'utf8')).trim();
      const own = { WAYBILL_URL: url, WAYBILL_TOKEN: token, WAYBILL_CA_FILE: authority.caFile };
      const run = (words: string): Promise<Ended> =>
        waybill(words.split(' '), { cwd: home.path, env: own }).then(succeeded);
      await writeFile(
        place('contract.yaml'),
        'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n    - { name: app, type: ARTIFACT, output: true }\n',
      );
      await run('contract apply -f contract.yaml');
      await run('workflow create --name build --project demo --contract release');
      await run('attestation init --project demo --workflow build');
      await run('attestation add --name app --value tls.crt');
      const { stdout } = await run('attestation push -o json');
      const { runId, result } = JSON.parse(stdout) as { runId: string; result: string };
      assert.equal(result, 'PASSED');
      await run(`attestation verify ${runId}`);

      await install('second');
      assert.equal(await shownBy(url), 'first');
      serve.kill('SIGHUP');
      const ends = Date.now() + 10_000;
      while ((await shownBy(url)) !== 'second') assert.ok(Date.now() < ends, 'SIGHUP changed nothing');
    } finally {
      serve.kill('SIGTERM');
    }
    assert.equal((await stopped).code, 0);
  });
});

function saidUrl(serve: ReturnType<typeof startProgram>): Promise<string> {
  return new Promise((found, failed) => {
    let text = '';
    serve.stdout?.on('data', (piece: Buffer) => {
      text += piece;
      const [, url] = /^waybill is ready on (https:\S+),/m.exec(text) ?? [];
      if (url !== undefined) found(url);
    });
    serve.on('close', () => failed(new Error(`it ended: ${text}`)));
  });
}

function succeeded(result: Ended): Ended {
  assert.equal(result.code, 0, result.stderr);
  return result;
}

async function shownBy(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ca: authority.ca });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}
