/** Every parser that core exports has its place in the table, or a reason not to. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { TARGETS } from './targets.ts';

const PACKAGES = new URL('../../packages/', import.meta.url);
const CORE = new URL('core/', PACKAGES);

/** Names of functions that take what strangers wrote. */
const PARSER =
  /^(?:parse|validate|verify|read|detect|decode|is[A-Z]|from[A-Z]|check|require|explain|nearest|normalize|matches|canonical|pemBlocks|publicKeyFrom|precertificate|signerName|has[A-Z])/;

/** Parsers that are not in the table, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  'audit.verifyLinks': 'takes rows of our own database',
  'core.isCoded': 'takes an error, no bytes',
  'bytes.readAtMost': 'counts bytes and looks at none',
  'contract.checkAssurance': 'takes a contract that was parsed before, and facts of the server',
  'contract.checkContract': 'takes a contract and a predicate that were parsed before',
  'contract.hasForeignPolicies': 'takes a contract that was parsed before',
  'intoto.parseRunMaterial': 'part of parseRunPredicate',
  'oci.isMediaType': 'part of parseDescriptor',
  'oci.isNonDistributable': 'takes a media type that was checked before',
  'oci.requiredContent': 'takes a manifest that was parsed before',
  'tlog.isNoteName': 'part of parseNote',
  'trust.isWithin': 'takes times',
  'crypto.verifyWithSpki': 'part of verifyPrehashed; never throws',
  'crypto.verifyRawEcdsa': 'part of verifyEnvelope; never throws',
  'crypto.verifySignature': 'part of every verification in the table; never throws',
};

/** `room.function` of each that a door of core exports and whose name is that of a parser. */
async function exportedParsers(): Promise<readonly string[]> {
  const { exports: doors } = JSON.parse(readFileSync(new URL('package.json', CORE), 'utf8')) as {
    readonly exports: Readonly<Record<string, string>>;
  };
  const found = Object.entries(doors).map(async ([door, file]) => {
    const room = door === '.' ? 'core' : door.slice(2);
    const module = (await import(new URL(file, CORE).href)) as object;
    return Object.entries(module)
      .filter(([name, value]) => typeof value === 'function' && PARSER.test(name))
      .map(([name]) => `${room}.${name}`);
  });
  return (await Promise.all(found)).flat();
}

describe('the table of fuzz targets', () => {
  const covered = new Set(TARGETS.flatMap(({ covers = [] }) => covers));

  it('has every parser that core exports', async () => {
    const parsers = await exportedParsers();
    assert.ok(parsers.length > 50, `${parsers.length} parsers found`);
    const missing = parsers.filter((name) => !covered.has(name) && !(name in EXEMPT));
    assert.deepEqual(missing, [], 'add a target to tools/fuzz/targets, or a reason to EXEMPT');
    const gone = [...covered, ...Object.keys(EXEMPT)].filter((name) => !parsers.includes(name));
    assert.deepEqual(gone, [], 'there is no such parser');
    assert.deepEqual(
      Object.keys(EXEMPT).filter((name) => covered.has(name)),
      [],
      'in the table and exempt',
    );
  });

  it('names each target once, with seeds that it accepts', async () => {
    assert.equal(new Set(TARGETS.map(({ name }) => name)).size, TARGETS.length);
    for (const target of TARGETS) assert.ok((await target.seeds()).length > 0, target.name);
  });

  it('declares only codes that are documented', () => {
    const pages = ['errors.md', 'rego.md'].map((page) => new URL(`../docs/reference/${page}`, PACKAGES));
    const documented = pages.map((page) => readFileSync(page, 'utf8')).join('');
    const unknown = TARGETS.flatMap(({ name, codes }) =>
      codes.filter((code) => !documented.includes(`\`${code}\``)).map((code) => `${name}: ${code}`),
    );
    assert.deepEqual(unknown, []);
  });
});
