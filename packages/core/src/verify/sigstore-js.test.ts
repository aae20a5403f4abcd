import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
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
    const compared = (await run(cases)).flatMap(({ name, compared }) =>
      compared ? [{ name, ...compared }] : [],
    );
    assert.ok(compared.length >= 53);
    const differences = compared
      .filter(({ accepted, peer }) => accepted !== peer.accepted)
      .map(({ name }) => name.replace(/ PATH$/, ''));
    assert.deepEqual(differences, Object.keys(THEIR_DIFFERENCES));
  });
});
