/** Every file that Chainloop's own tests read: what a migrating user brings along. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { parseSigned, type Signed } from '../bundle/index.ts';
import { publicKeyFrom } from '../crypto.ts';
import type { Envelope } from '../dsse/index.ts';
import { CHAINLOOP_PREDICATE_TYPE, parseChainloopPredicate, parseStatement } from '../intoto/index.ts';
import { codeOf } from '../test-support.ts';
import { parseCertificate, parsePem } from '../x509/index.ts';
import { verifyBundle, verifyEnvelope } from './index.ts';

const shared = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const predicates = join(shared, 'vectors/chainloop/predicates');
const skip =
  existsSync(predicates) || process.env['WAYBILL_REQUIRE_PEERS'] === '1'
    ? false
    : `no vectors at ${predicates}: set WAYBILL_SHARED`;

const read = (name: string) => readFileSync(join(predicates, name));
const fileNamed = (part: string) => readdirSync(predicates).find((name) => name.endsWith(part)) as string;

/** Those that are no readable attestation, by the end of their name, and what is said of them. */
const REFUSED: Readonly<Record<string, string>> = {
  // An empty object.
  'attestations__invalid.json': 'bundle_invalid',
  // Statements of one field each: Chainloop's tests of envelopes look no further.
  'bundle_with_bad_timestamp.json': 'intoto_invalid',
  'bundle_with_publickey.json': 'intoto_invalid',
  'verifier__testdata__dsse_envelope.json': 'intoto_invalid',
  // A predicate of another company.
  'unknown.envelope.json': 'another predicate',
  // States of its client from before a predicate is made of them.
  'attestation.source.json': 'bundle_invalid',
  'attestation.source.v2.json': 'bundle_invalid',
  'attestation.source-2.json': 'bundle_invalid',
  'attestation.source-2.v2.json': 'bundle_invalid',
};

const envelopeOf = (signed: Signed): Envelope => {
  if (signed.type === 'envelope') return signed.envelope;
  assert.ok(signed.bundle.content.type === 'dsse');
  return signed.bundle.content.envelope;
};

function readPredicate(bytes: Uint8Array) {
  // Expected outputs of its renderer are bare statements; everything else is signed.
  const isBare = Buffer.from(bytes).includes('"predicate_type"');
  const { claimed } = parseStatement(isBare ? bytes : envelopeOf(parseSigned(bytes)).payload);
  if (claimed.predicateType !== CHAINLOOP_PREDICATE_TYPE) return null;
  return parseChainloopPredicate(claimed.predicate);
}

describe("Chainloop's attestations", { skip }, () => {
  const names = existsSync(predicates)
    ? readdirSync(predicates).filter((name) => name.endsWith('.json'))
    : [];

  it('are read, or refused as their name says', () => {
    assert.ok(names.length >= 30, `only ${names.length} files`);
    for (const name of names) {
      const expected = Object.entries(REFUSED).find(([end]) => name.endsWith(end))?.[1] ?? 'read';
      const found = (): string => {
        let predicate: ReturnType<typeof readPredicate> = null;
        const code = codeOf(() => (predicate = readPredicate(read(name))));
        if (code !== 'no error') return code;
        return predicate === null ? 'another predicate' : 'read';
      };
      assert.equal(found(), expected, name);
    }
  });

  it('say the same in the spelling of old clients', () => {
    const old = readPredicate(read(fileNamed('attestation-pe-snake.json')));
    assert.deepEqual(old, readPredicate(read(fileNamed('attestation.output.v0.2.json'))));
    assert.equal(old?.evaluations[0]?.material, 'sbom');
  });

  it('verify by the key that signed them, and not once they are changed', () => {
    const signer = (envelope: Envelope, pem: string | Uint8Array) => {
      const key = typeof pem === 'string' ? publicKeyFrom(pem) : parseCertificate(pem).publicKey;
      return codeOf(() => verifyEnvelope(envelope, { publicKeys: [key], threshold: 1 }));
    };
    const byCosign = envelopeOf(parseSigned(read(fileNamed('cosign-attestation.json'))));
    assert.equal(signer(byCosign, read(fileNamed('cosign.pub')).toString()), 'no error');
    for (const [name, expected] of [
      ['bundle_valid.json', 'no error'],
      ['bundle_wrongversion.json', 'no error'],
      ['bundle_invalid.json', 'verify_threshold'],
    ] as const) {
      const signed = parseSigned(read(fileNamed(name)));
      assert.ok(signed.type === 'bundle');
      const { verificationMaterial: material } = signed.bundle;
      assert.ok(material.type !== 'public-key');
      const der = material.type === 'certificate' ? material.der : material.certificates[0];
      assert.equal(signer(envelopeOf(signed), der), expected, name);
    }
  });

  it('without a time that somebody vouches for prove no signer by certificate', () => {
    const signed = parseSigned(read(fileNamed('bundle_valid.json')));
    const authority = parsePem(read(fileNamed('verifier__testdata__ca.pub')).toString())[0];
    assert.ok(signed.type === 'bundle' && authority);
    const { bundle } = signed;
    const trustedRoot = {
      tlogs: [],
      ctlogs: [],
      timestampAuthorities: [],
      certificateAuthorities: [
        {
          organization: '',
          commonName: 'chainloop',
          uri: '',
          certificates: [authority] as const,
          validFor: { start: null, end: null },
        },
      ],
    };
    const expectations = { type: 'any-trusted-signer' } as const;
    const refusal = codeOf(() =>
      verifyBundle(bundle, { trustedRoot, expectations, requireTlog: false, requireSct: false }),
    );
    assert.equal(refusal, 'verify_timestamp');
  });
});
