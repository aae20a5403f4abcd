/** The page in a browser that has no network. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { requirePeer, tempDir } from '@waybill/testkit';
import { buildRegoPage } from './build-rego-page.ts';

const run = promisify(execFile);
const chromium = requirePeer('chromium');

/** The document as the browser shows it; every name resolves to nothing. */
async function shown(file: string, profile: string): Promise<string> {
  const { stdout } = await run(
    chromium.path ?? '',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      `--user-data-dir=${profile}`,
      '--host-resolver-rules=MAP * ~NOTFOUND',
      '--dump-dom',
      pathToFileURL(file).href,
    ],
    { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return /<output[^>]*>([^<]*)<\/output>/.exec(stdout)?.[1] ?? 'no result';
}

describe('the page that evaluates Rego', () => {
  it('opens no connection, and runs its own script alone', async () => {
    await using directory = await tempDir();
    const html = await readFile(await buildRegoPage(directory.path), 'utf8');
    assert.match(html, /content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+';/);
    assert.doesNotMatch(html, /<(?:script|link|img|iframe)[^>]*(?:src|href)=/);
  });

  it('shows the result in a browser with the network off', { skip: chromium.skip }, async () => {
    await using directory = await tempDir();
    const file = await buildRegoPage(directory.path);
    assert.equal(await shown(file, path.join(directory.path, 'profile')), 'true');
  });

  it('has the groups of built-ins and the cryptography of browsers', { skip: chromium.skip }, async () => {
    await using directory = await tempDir();
    const file = await buildRegoPage(directory.path);
    const html = await readFile(file, 'utf8');
    const expression = [
      'regex.match(`^a+$`, "aa")',
      'crypto.sha256("a")',
      'yaml.unmarshal("a: [1]")',
      'io.jwt.verify_hs256(io.jwt.encode_sign({"alg": "HS256"}, {}, {"kty": "oct", "k": "a2V5"}), "key")',
      'json.match_schema({"a": 1}, {"required": ["a"]})[0]',
      'graphql.is_valid("{ a }", "type Query { a: Int }")',
    ].join(', ');
    const changed = html.replace('data.example.allow', () => `[${expression.replaceAll('"', '&quot;')}]`);
    await writeFile(file, changed);
    assert.equal(
      await shown(file, path.join(directory.path, 'profile')),
      '[true,"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",{"a":[1]},true,true,true]',
    );
  });
});
