/**
 * A pipeline with a genuine key that lies about one thing at a time: every field of its statement changed, left out,
 * of another type, or beside one that nobody knows. The server refuses it, judges it FAILED, or keeps it where
 * everybody sees that it is only stated; docs/reference/run-predicate.md says which, and is read as the expectation.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { generateEphemeralKey } from '@waybill/clients/keys';
import { type SignAs, signStatement } from '@waybill/clients/sigstore';
import { isCoded } from '@waybill/core';
import { formatBundle, parseBundle } from '@waybill/core/bundle';
import { type Json, utf8 } from '@waybill/core/bytes';
import { formatRunStatement, type RunMaterial } from '@waybill/core/intoto';
import { type Attester, startAttester, stringMaterial, type TestWorld, testWorld } from '@waybill/testkit';

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: whole }
spec:
  runner: { type: CHAINLOOP_SANDBOX }
  materials:
    - { type: ARTIFACT, name: app, output: true, annotations: [{ name: tier, value: gold }] }
    - { type: JUNIT_XML, name: tests }
    - { type: STRING, name: release, annotations: [{ name: channel }] }
  annotations: [{ name: ticket }]
  envAllowList: [BUILD_NUMBER]
`;
const JUNIT = '<testsuite name="unit" tests="1"><testcase name="works"/></testsuite>';
/** What stands in a lie, so that it can be looked for where only facts may stand. */
const MARK = 'a-lie-of-the-client';

const key: SignAs = { type: 'key', key: generateEphemeralKey() };
let world: TestWorld;
let attester: Attester;

before(async () => {
  world = await testWorld();
  await world.owner.applyContract({ document: CONTRACT });
  await world.owner.createWorkflow({ project: 'p', name: 'whole', contract: 'whole' });
  assert.equal(key.type, 'key');
  await world.owner.addKey({ name: 'ci', publicKey: key.key.publicKey });
  await open();
});
after(() => world.close());

async function open(): Promise<void> {
  const { owner: client, ownerToken: token } = world;
  attester = await startAttester({ client, token, project: 'p', workflow: 'whole' });
}

/** What this run would honestly state, as the JSON that is signed. */
async function honest(): Promise<Json> {
  const app = await attester.record('app', 'ARTIFACT', utf8('the app'), true);
  const tests = await attester.record('tests', 'JUNIT_XML', utf8(JUNIT));
  const release: RunMaterial = { ...stringMaterial('release', '1.4.0'), annotations: { channel: 'beta' } };
  const predicate = attester.predicate([{ ...app, annotations: { tier: 'gold' } }, tests, release], {
    runner: { type: 'CHAINLOOP_SANDBOX', url: 'https://ci.example/7' },
    environment: { BUILD_NUMBER: '42' },
    annotations: { ticket: 'W-7' },
  });
  return JSON.parse(Buffer.from(formatRunStatement(predicate)).toString()) as Json;
}

type Outcome =
  | { readonly type: 'refused'; readonly code: string }
  | { readonly type: 'judged'; readonly receipt: Receipt };

const sign = async (statement: Json) =>
  formatBundle(await signStatement({ url: world.url }, key, () => utf8(JSON.stringify(statement))));

/** What the server makes of it. A run that was judged is over, and the next lie is told about a new one. */
async function push(bundle: string): Promise<Outcome> {
  try {
    const receipt = await world.owner.pushAttestation(attester.run.id, bundle);
    await open();
    return { type: 'judged', receipt };
  } catch (error) {
    if (!isCoded(error)) throw error;
    assert.ok(Number(error.detail['status']) < 500, `${error.code}: ${error.message}`);
    return { type: 'refused', code: error.code };
  }
}

type Path = readonly (string | number)[];
interface Lie {
  readonly path: Path;
  readonly how: 'changed' | 'left out' | 'of another type' | 'added';
}

/** Every lie about one value: itself, and what is inside it. */
function liesAbout(value: Json, path: Path = []): readonly Lie[] {
  const inside =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, member]) =>
          liesAbout(member as Json, [...path, Array.isArray(value) ? Number(name) : name]),
        )
      : [];
  const lies = (hows: readonly Lie['how'][]) => hows.map((how) => ({ path, how }));
  const isLeaf = typeof value !== 'object';
  const here =
    path.length === 0 ? [] : lies([...(isLeaf ? (['changed'] as const) : []), 'left out', 'of another type']);
  return [...here, ...(isLeaf ? [] : lies(['added'])), ...inside];
}

function told(statement: Json, { path, how }: Lie): Json {
  const [step, ...rest] = path;
  if (step === undefined) return changed(statement, how);
  if (Array.isArray(statement)) {
    return statement.flatMap((item, at) => (at === step ? inner(item as Json, rest, how) : [item as Json]));
  }
  return Object.fromEntries(
    Object.entries(statement as Record<string, Json>).flatMap(([name, member]) =>
      name === step ? inner(member, rest, how).map((lie) => [name, lie]) : [[name, member]],
    ),
  ) as Json;
}

function inner(value: Json, rest: Path, how: Lie['how']): readonly Json[] {
  if (rest.length > 0) return [told(value, { path: rest, how })];
  return how === 'left out' ? [] : [changed(value, how)];
}

function changed(value: Json, how: Lie['how']): Json {
  if (how === 'added') {
    return Array.isArray(value) ? [...value, value[0] ?? MARK] : { ...(value as object), [MARK]: MARK };
  }
  if (how === 'of another type') return typeof value === 'string' ? 7 : MARK;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  // The last digit of a digest: still a digest, of something else.
  if (typeof value === 'string' && /^[0-9a-f]{64}$|^sha256:/.test(value)) {
    return value.slice(0, -1) + (value.endsWith('0') ? '1' : '0');
  }
  return `${MARK} ${JSON.stringify(value)}`;
}

/** The fields that the documentation calls unchecked: what a signer says of itself. */
function statedFields(): ReadonlySet<string> {
  const page = new URL('../../../../docs/reference/run-predicate.md', import.meta.url);
  const [, run = '', material = ''] = readFileSync(page, 'utf8').split(/^##+ (?:Fields|`materials\[\]`)$/m);
  const unchecked = (table: string) =>
    table
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, , , , checked = '']) => /^(?:no|form only)$|values.*: no$/.test(checked))
      .map(([, field = '']) => field.replaceAll('`', ''));
  return new Set([
    ...unchecked(run),
    ...unchecked(material.split(/^#/m)[0] ?? '').map((field) => `materials[].${field}`),
  ]);
}

/** As the documentation writes it: `materials[].digest`, `environment` for each of its members. */
function fieldOf(path: Path): string {
  return path
    .reduce<string>((text, step) => (typeof step === 'number' ? `${text}[]` : `${text}.${step}`), '')
    .replace(/^\.(?:predicate\.)?/, '')
    .replace(/(annotations|environment)\..*/, '$1');
}

describe('a client that lies about one thing', () => {
  it('in its statement: refused, FAILED, or only where the documentation says "stated"', async () => {
    const stated = statedFields();
    assert.ok(stated.has('tool.version') && stated.has('materials[].filename'), [...stated].join(' '));
    const believed = new Map<string, string[]>();
    const seen = { refused: 0, failed: 0, stated: 0 };
    let truth = await honest();
    for (const lie of liesAbout(truth)) {
      const outcome = await push(await sign(told(truth, lie)));
      if (outcome.type === 'judged') truth = await honest();
      if (outcome.type === 'refused') seen.refused++;
      else if (outcome.receipt.result === 'FAILED') seen.failed++;
      else {
        seen.stated++;
        const field = fieldOf(lie.path);
        assert.notEqual(lie.path.at(-1), 'tier', 'the contract fixes this annotation');
        believed.set(field, [...(believed.get(field) ?? []), lie.how]);
        await requireUnsaid(outcome.receipt);
      }
    }
    assert.ok(seen.refused > 60 && seen.failed > 20 && seen.stated > 10, JSON.stringify(seen));
    // An unknown member is signed and ignored.
    const passed = [...believed].filter(
      ([field, hows]) => !(hows.every((how) => how === 'added') || stated.has(field)),
    );
    assert.deepEqual(passed, []);
  });

  it('in the bundle, after it was signed: refused, or without any effect', async () => {
    let bundle = JSON.parse(await sign(await honest())) as Json;
    const seen = { refused: 0, ignored: 0 };
    for (const lie of liesAbout(bundle)) {
      const outcome = await push(JSON.stringify(told(bundle, lie)));
      if (outcome.type === 'refused') seen.refused++;
      else {
        const { receipt } = outcome;
        const kept = await world.owner.downloadBundle(receipt.runId);
        assert.equal(payloadOf(kept), payloadOf(JSON.stringify(bundle)), lie.path.join('.'));
        assert.ok(receipt.result === 'PASSED' && !kept.includes(MARK), lie.path.join('.'));
        seen.ignored++;
        bundle = JSON.parse(await sign(await honest())) as Json;
      }
    }
    assert.ok(seen.refused > 20, JSON.stringify(seen));
  });
});

const payloadOf = (text: string) => {
  const { content } = parseBundle(utf8(text));
  assert.equal(content.type, 'dsse');
  return Buffer.from(content.envelope.payload).toString();
};

/** What the server signed says nothing of the lie. */
async function requireUnsaid(receipt: Receipt): Promise<void> {
  const verdict = await world.owner.downloadVerdict(receipt.runId);
  assert.ok(!payloadOf(verdict).includes(MARK), payloadOf(verdict));
}
