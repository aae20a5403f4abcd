/** Verification of bundles, ours against `@sigstore/verify`, from the bytes on: certificate, SCT, timestamp, log entry, DSSE. */
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { formatBundle, parseBundle } from '@waybill/core/bundle';
import { STATEMENT_TYPE_V1, type Statement } from '@waybill/core/intoto';
import { formatTrustedRoot, parseTrustedRoot } from '@waybill/core/trust';
import { verifyBundle } from '@waybill/core/verify';
import { ISSUER, makeWorld, SUBJECT } from '../packages/core/src/verify/test-world.ts';
import { load, report } from './measure.ts';

const BUNDLES = 200;
const ROUNDS = 6;

export async function run(): Promise<void> {
  const world = makeWorld();
  const root = formatTrustedRoot(world.trustedRoot);
  const bundles = Array.from({ length: BUNDLES }, (_, index) => formatBundle(world.sign(statementOf(index))));
  const ours = weighOurs(root);
  const theirs = weighTheirs(root);
  const rates: { ours: number; theirs: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = { ours: perSecond(bundles, ours), theirs: perSecond(bundles, theirs) };
    // The first round warms both up.
    if (round > 0) rates.push(measured);
  }
  report([
    { name: 'bundles verified per second', unit: 'count', samples: rates.map((rate) => rate.ours) },
    { name: '@sigstore/verify', unit: 'count', samples: rates.map((rate) => rate.theirs) },
    {
      name: 'ours / @sigstore/verify',
      unit: 'ratio',
      samples: rates.map((rate) => rate.ours / rate.theirs),
      target: '>= 1',
    },
    load(),
  ]);
}

type Verify = (bundle: string) => void;

function weighOurs(root: string): Verify {
  const trustedRoot = parseTrustedRoot(root);
  const expectations = { type: 'identity', issuer: ISSUER, subject: SUBJECT } as const;
  return (bundle) => void verifyBundle(parseBundle(bundle), { trustedRoot, expectations });
}

function weighTheirs(root: string): Verify {
  const verifier = new Verifier(toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(root))));
  const policy = { subjectAlternativeName: SUBJECT, extensions: { issuer: ISSUER } };
  return (bundle) => void verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle))), policy);
}

function perSecond(bundles: readonly string[], verify: Verify): number {
  const startedMs = performance.now();
  for (const bundle of bundles) verify(bundle);
  return (bundles.length / (performance.now() - startedMs)) * 1000;
}

function statementOf(index: number): Statement {
  return {
    type: STATEMENT_TYPE_V1,
    subject: [{ name: `app-${index}`, digest: { sha256: index.toString(16).padStart(64, '0') } }],
    predicateType: 'https://example.com/bench/v1',
    predicate: {},
  };
}
