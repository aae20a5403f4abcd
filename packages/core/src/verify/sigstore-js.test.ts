import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { run } from '../../../../tools/conformance/sigstore.ts';
import { formatBundle } from '../bundle/index.ts';
import { STATEMENT_TYPE_V1, type Statement } from '../intoto/index.ts';
import { formatTrustedRoot } from '../trust/index.ts';
import { ISSUER, makeWorld, SUBJECT } from './test-world.ts';

const shared = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const cases = join(shared, 'vectors/sigstore-conformance/bundle-verify');
const skip =
  existsSync(cases) || process.env['WAYBILL_REQUIRE_PEERS'] === '1'
    ? false
    : `no vectors at ${cases}: set WAYBILL_SHARED`;

function theirVerdict(input: { bundle: string; root: string; key?: string; artifact?: Buffer }): string {
  try {
    const key = input.key === undefined ? undefined : createPublicKey(input.key);
    const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(input.root)), keyFinder(key));
    const entity = toSignedEntity(bundleFromJSON(JSON.parse(input.bundle)), input.artifact);
    new Verifier(material).verify(entity);
    return 'accepted';
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

function keyFinder(publicKey: ReturnType<typeof createPublicKey> | undefined) {
  return () => {
    if (!publicKey) throw new Error('no key');
    return { publicKey, validFor: () => true };
  };
}

/** Cases in which they decide otherwise, and why. */
const THEIR_DIFFERENCES: Readonly<Record<string, string>> = {
  'trust-root-tlog-missing-validity-start_fail': 'they read a missing start as "since ever"',
};

describe('@sigstore/verify', () => {
  it('accepts what formatBundle and formatTrustedRoot write', () => {
    const world = makeWorld();
    const statement: Statement = {
      type: STATEMENT_TYPE_V1,
      subject: [{ name: 'app', digest: { sha256: '0'.repeat(64) } }],
      predicateType: 'https://example.com/test/v1',
      predicate: {},
    };
    const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(formatTrustedRoot(world.trustedRoot))));
    const entity = toSignedEntity(bundleFromJSON(JSON.parse(formatBundle(world.sign(statement)))));
    const { identity } = new Verifier(material).verify(entity);
    assert.equal(identity?.subjectAlternativeName, SUBJECT);
    assert.equal(identity?.extensions?.issuer, ISSUER);
  });

  it('judges the conformance cases as we do, but for the listed ones', { skip }, async () => {
    const ours = new Map((await run(cases)).map(({ name, ok }) => [name, ok]));
    const read = (...path: string[]) => readFileSync(join(cases, ...path), 'utf8');
    const production = readFileSync(join(shared, 'evidence/sigstore-root/targets/trusted_root.json'), 'utf8');
    const differences = readdirSync(cases, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .filter(({ name }) => {
        const has = (file: string) => existsSync(join(cases, name, file));
        const verdict = theirVerdict({
          bundle: read(name, 'bundle.sigstore.json'),
          root: has('trusted_root.json') ? read(name, 'trusted_root.json') : production,
          ...(has('key.pub') ? { key: read(name, 'key.pub') } : {}),
          artifact: readFileSync(join(cases, has('artifact') ? `${name}/artifact` : '../a.txt')),
        });
        const ourVerdict = ours.get(`${name} PATH`) === !name.endsWith('_fail');
        return (verdict === 'accepted') !== ourVerdict;
      })
      .map(({ name }) => name);
    assert.deepEqual(differences, Object.keys(THEIR_DIFFERENCES));
  });
});
