import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { parseContract } from '@waybill/core/contract';
import { digestOf } from '@waybill/core/digest';
import { embedPolicies } from './embed-policies.ts';
import type { Session } from './session.ts';

const policy = (program: string): string =>
  `apiVersion: chainloop.dev/v1\nkind: Policy\nmetadata: {name: p}\nspec:\n  policies: [{kind: SARIF, ${program}}]\n`;
const EMBEDDED = policy('embedded: "package p"');
const contract = (ref: string): string =>
  `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: {name: c}\nspec:\n  policies: {materials: [{ref: '${ref}'}]}\n`;

let dir: string;
const notes: string[] = [];
const asked: string[] = [];
const pages: Readonly<Record<string, string>> = {
  'https://example.com/p/p.yaml': policy('path: p.rego'),
  'https://example.com/p/p.rego': 'package fetched',
  'https://example.com/page.html': '<!doctype html><p>a page: about it</p>',
};
const session = {
  get cwd() {
    return dir;
  },
  env: {},
  interrupted: new AbortController().signal,
  output: { note: (text: string) => void notes.push(text) },
  fetch: async (url: URL) => {
    asked.push(url.href);
    const page = pages[url.href];
    return new Response(page ?? 'none', { status: page === undefined ? 404 : 200 });
  },
} as unknown as Session;

before(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'waybill-embed-'));
  await mkdir(path.join(dir, 'contracts'));
  await writeFile(path.join(dir, 'contracts', 'p.yaml'), policy('path: p.rego'));
  await writeFile(path.join(dir, 'contracts', 'p.rego'), 'package beside');
  await writeFile(path.join(dir, 'here.yaml'), EMBEDDED);
  await writeFile(path.join(dir, 'secret.yaml'), 'password: of the machine\n');
});
after(() => rm(dir, { recursive: true, force: true }));

async function embed(ref: string, directory: string | null = path.join(dir, 'contracts')) {
  notes.length = 0;
  const source = { filename: 'c.yaml', document: contract(ref), directory };
  const { document } = await embedPolicies(session, source);
  const [attached] = parseContract(document, { strict: true }).contract.policies.materials;
  return { text: JSON.stringify(attached?.embedded), note: notes.join('\n') };
}

describe('embedPolicies', () => {
  it('puts a policy and its program into the contract, from beside it, from where one is, and from a URL', async () => {
    const beside = await embed('file://p.yaml');
    assert.match(beside.text, /"embedded":"package beside"/);
    assert.match(
      beside.note,
      /^c\.yaml:5:32: the policy file:\/\/p\.yaml is put into the contract \(sha256:[0-9a-f]{64}\)$/,
    );
    assert.match((await embed('file://here.yaml')).text, /"package p"/);
    assert.match((await embed('https://example.com/p/p.yaml')).text, /"package fetched"/);
  });

  it('leaves what is not there or is no policy, and says so', async () => {
    for (const [ref, reason] of [
      ['file://gone.yaml', /gone\.yaml/],
      ['https://example.com/gone.yaml', /404/],
      ['https://example.com/page.html', /not put into/],
      ['http://example.com/p/p.yaml', /https:\/\//],
    ] as const) {
      const { text, note } = await embed(ref);
      assert.equal(text, 'null');
      assert.match(note, reason);
      assert.match(note, /stays a reference, which no server follows, so that runs end FAILED/);
    }
    assert.ok(!asked.includes('http://example.com/p/p.yaml'));
  });

  it('reads no file of this machine for a contract from elsewhere, and sends none that is no policy', async () => {
    assert.match((await embed('file://here.yaml', null)).note, /from a URL does not get/);
    const { text, note } = await embed(`file://${path.join(dir, 'secret.yaml')}`);
    assert.equal(text, 'null');
    assert.doesNotMatch(note, /of the machine/);
  });

  it('ends where the bytes are not those that the contract pins', async () => {
    const pinned = (digest: string) => embed(`file://here.yaml@${digest}`);
    assert.match((await pinned(digestOf(utf8(EMBEDDED)))).text, /"package p"/);
    await assert.rejects(pinned(digestOf(utf8('other'))), (error) => isCoded(error, 'policy_pin'));
  });

  it('changes nothing of a contract without addresses', async () => {
    const source = { filename: 'c.yaml', document: contract('named'), directory: dir };
    assert.equal(await embedPolicies(session, source), source);
  });
});
