import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { run } from '../../../../tools/conformance/sigstore.ts';
import { parseBundle } from '../bundle/index.ts';
import { type Json, parseJson } from '../bytes/index.ts';
import { publicKeyFrom } from '../crypto.ts';
import { codeOf, jsonMutationsOf, mutationsOf, onlyCodedErrors } from '../test-support.ts';
import { parseTrustedRoot } from '../trust/index.ts';
import { parseCertificate, parseTimestamp } from '../x509/index.ts';
import { verifyBundle, verifyStatementBundle } from './index.ts';

const shared = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const cases = join(shared, 'vectors/sigstore-conformance/bundle-verify');
const evidence = join(shared, 'evidence');
const skip =
  existsSync(cases) || process.env['WAYBILL_REQUIRE_PEERS'] === '1'
    ? false
    : `no vectors at ${cases}: set WAYBILL_SHARED`;

const read = (...path: readonly string[]) => readFileSync(join(...path));
const productionRoot = () => parseTrustedRoot(read(evidence, 'sigstore-root/targets/trusted_root.json'));
const ANY = { type: 'any-trusted-signer' } as const;

describe('sigstore-conformance', () => {
  it('judges every bundle as the suite does, by file and by digest', { skip }, async () => {
    const results = await run(cases);
    assert.ok(results.length >= 106, `only ${results.length} cases`);
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
  });

  it('verifies a bundle by a managed key under the production root once the key is given', { skip }, () => {
    const bundle = parseBundle(read(cases, 'managed-key-no-key_fail/bundle.sigstore.json'));
    const publicKey = publicKeyFrom(read(cases, 'managed-key-and-trusted-root/key.pub').toString());
    const artifact = read(cases, '../a.txt');
    const options = { trustedRoot: productionRoot(), artifact };
    const { signer, logged } = verifyBundle(bundle, { ...options, expectations: { type: 'key', publicKey } });
    assert.equal(signer.type, 'key');
    assert.match(logged?.origin ?? '', /^rekor\.sigstore\.dev - /);
    assert.equal(
      codeOf(() => verifyBundle(bundle, { ...options, expectations: ANY })),
      'verify_key_unknown',
    );
  });

  it('answers hostile variants of its bundles with coded errors only', { skip }, () => {
    const dir = join(cases, 'rekor2-dsse-happy-path');
    const trustedRoot = parseTrustedRoot(read(dir, 'trusted_root.json'));
    const verify = (input: Uint8Array | string) =>
      onlyCodedErrors(() => verifyBundle(parseBundle(input), { trustedRoot, expectations: ANY }));
    const document = read(dir, 'bundle.sigstore.json');
    fc.assert(fc.property(fc.uint8Array(), verify), { numRuns: 200 });
    fc.assert(fc.property(mutationsOf(document), verify), { numRuns: 200 });
    fc.assert(fc.property(jsonMutationsOf(document.toString()), verify), { numRuns: 300 });
    for (const name of ['happy-path-v0.1', 'intoto-with-custom-trust-root']) {
      const other = read(cases, name, 'bundle.sigstore.json').toString();
      fc.assert(fc.property(jsonMutationsOf(other), verify), { numRuns: 100 });
    }
  });

  it('answers hostile variants of its trusted roots, certificates and timestamps with coded errors only', {
    skip,
  }, () => {
    const dir = join(cases, 'rekor2-timestamp-with-embedded-cert');
    const root = read(dir, 'trusted_root.json');
    const parseRoot = (input: Uint8Array | string) => onlyCodedErrors(() => parseTrustedRoot(input));
    fc.assert(fc.property(mutationsOf(root), parseRoot), { numRuns: 100 });
    fc.assert(fc.property(jsonMutationsOf(root.toString()), parseRoot), { numRuns: 200 });
    const { timestamps, verificationMaterial } = parseBundle(read(dir, 'bundle.sigstore.json'));
    assert.ok(verificationMaterial.type === 'certificate' && timestamps[0]);
    fc.assert(
      fc.property(mutationsOf(verificationMaterial.der), (der) =>
        onlyCodedErrors(() => parseCertificate(der)),
      ),
    );
    fc.assert(fc.property(mutationsOf(timestamps[0]), (der) => onlyCodedErrors(() => parseTimestamp(der))));
  });
});

describe('SLSA evidence under the production root', () => {
  const slsa = join(evidence, 'slsa');
  const files = existsSync(slsa) ? readdirSync(slsa, { recursive: true, encoding: 'utf8' }) : [];

  it('verifies every provenance of the SLSA generators', { skip }, () => {
    const trustedRoot = productionRoot();
    const expectations = {
      type: 'identity',
      issuer: 'https://token.actions.githubusercontent.com',
      subject: 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/*@refs/tags/v2.1.0',
    } as const;
    const bundles = files.filter((file) => /\.(intoto\.jsonl|slsa)$/.test(file));
    assert.ok(bundles.length >= 9);
    for (const file of bundles) {
      const { statement } = verifyStatementBundle(parseBundle(read(slsa, file)), {
        trustedRoot,
        expectations,
      });
      assert.match(statement.value.predicateType, /^https:\/\/slsa\.dev\/provenance\//, file);
    }
  });

  it('verifies the provenance that npm serves, and refuses the tampered ones', { skip }, () => {
    const trustedRoot = productionRoot();
    const npm = files.filter((file) => file.startsWith('npm') && file.endsWith('.json'));
    assert.ok(npm.length >= 9);
    for (const file of npm) {
      const { attestations } = parseJson(read(slsa, file)) as unknown as { attestations: { bundle: Json }[] };
      const provenance = attestations[1]?.bundle as Json;
      const verify = () =>
        verifyStatementBundle(parseBundle(provenance, { ignoreEmbeddedRoots: true }), {
          trustedRoot,
          expectations: ANY,
        });
      assert.equal(codeOf(verify), file.includes('invalidsigprov') ? 'verify_log_entry' : 'no error', file);
    }
  });
});
