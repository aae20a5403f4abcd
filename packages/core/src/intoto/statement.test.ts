import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Json, utf8 } from '../bytes/index.ts';
import { digestOf } from '../digest/index.ts';
import { codeOf, jsonMutationsOf, mutationsOf, onlyCodedErrors } from '../test-support.ts';
import {
  formatStatement,
  formatVsaPredicate,
  hasSubject,
  parseStatement,
  parseVsaPredicate,
  STATEMENT_TYPE_V1,
  STATEMENT_TYPE_V01,
  type Statement,
  VSA_PREDICATE_TYPE,
  type VsaPredicate,
} from './index.ts';

const FILE = utf8('file');
const HEX = digestOf(FILE).slice('sha256:'.length);

const VSA: VsaPredicate = {
  verifier: { id: 'https://waybill.example/verifier', version: { waybill: '0.1.0' } },
  timeVerified: '2026-01-01T00:00:00Z',
  resourceUri: 'registry.example/app',
  policy: { uri: 'contract:build', digest: { sha256: HEX } },
  inputAttestations: [{ digest: { sha256: HEX } }],
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
  dependencyLevels: { SLSA_BUILD_LEVEL_1: 3 },
  slsaVersion: '1.1',
};
const STATEMENT: Statement = {
  type: STATEMENT_TYPE_V1,
  subject: [{ name: 'app', digest: { sha256: HEX } }],
  predicateType: VSA_PREDICATE_TYPE,
  predicate: formatVsaPredicate(VSA),
};
const TEXT = Buffer.from(formatStatement(STATEMENT)).toString();

const parse = (text: string) => parseStatement(utf8(text));
const withSubject = (subject: unknown) => JSON.stringify({ ...JSON.parse(TEXT), subject });

describe('parseStatement', () => {
  it('reads back what formatStatement writes', () => {
    assert.deepEqual(parse(TEXT).claimed, STATEMENT);
  });

  it('takes version 0.1, as cosign writes it', () => {
    const text = JSON.stringify({ ...JSON.parse(TEXT), _type: STATEMENT_TYPE_V01 });
    assert.equal(parse(text).claimed.type, STATEMENT_TYPE_V01);
  });

  it('takes the names of its protobuf schema, as Chainloop writes them, but not both', () => {
    const { _type, predicateType, ...others } = JSON.parse(TEXT);
    const named = (names: object) => JSON.stringify({ ...others, ...names });
    assert.deepEqual(parse(named({ type: _type, predicate_type: predicateType })).claimed, STATEMENT);
    for (const names of [
      { _type, type: _type, predicateType },
      { _type, predicateType, predicate_type: predicateType },
      { predicateType },
    ]) {
      assert.equal(
        codeOf(() => parse(named(names))),
        'intoto_invalid',
      );
    }
  });

  it('keeps what is said beside a subject', () => {
    const subject = [{ name: 'app', digest: { sha256: HEX }, annotations: { team: 'a' } }];
    const { claimed } = parse(withSubject(subject));
    assert.deepEqual(claimed.subject, subject);
    assert.deepEqual(parseStatement(formatStatement(claimed)).claimed, claimed);
  });

  it('refuses a subject without digest', () => {
    assert.equal(
      codeOf(() => parse(withSubject([{ name: 'app' }]))),
      'intoto_subject_without_digest',
    );
    assert.equal(
      codeOf(() => parse(withSubject([{ name: 'app', digest: {} }]))),
      'intoto_subject_without_digest',
    );
    assert.equal(
      codeOf(() => parse(withSubject([{ digest: { sha256: HEX } }, { name: 'b', digest: null }]))),
      'intoto_subject_without_digest',
    );
  });

  it('refuses what is no statement', () => {
    assert.equal(
      codeOf(() => parse(withSubject([]))),
      'intoto_no_subject',
    );
    assert.equal(
      codeOf(() => parse(withSubject([{ digest: { sha256: 'abc' } }]))),
      'intoto_invalid',
    );
    assert.equal(
      codeOf(() => parse('{"_type":"x"}')),
      'intoto_invalid',
    );
    assert.equal(
      codeOf(() => parse('')),
      'intoto_invalid',
    );
    assert.equal(
      codeOf(() => parseStatement(new Uint8Array(16 * 1024 * 1024 + 1))),
      'intoto_too_large',
    );
  });

  it('finds a subject by digest, whatever the case it was written in', () => {
    const { claimed } = parse(withSubject([{ digest: { sha256: HEX.toUpperCase() } }]));
    assert.equal(hasSubject(claimed, digestOf(FILE)), true);
    assert.equal(hasSubject(claimed, digestOf(utf8('other'))), false);
    assert.equal(hasSubject(claimed, digestOf(FILE, 'sha512')), false);
  });

  it('answers hostile input with coded errors only', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => onlyCodedErrors(() => parseStatement(bytes))));
    fc.assert(fc.property(mutationsOf(utf8(TEXT)), (bytes) => onlyCodedErrors(() => parseStatement(bytes))));
    fc.assert(fc.property(jsonMutationsOf(TEXT), (text) => onlyCodedErrors(() => parse(text))));
  });
});

describe('formatStatement', () => {
  it('gives the same bytes for the same statement, however it was made', () => {
    const shuffled: Statement = {
      predicate: Object.fromEntries(Object.entries(STATEMENT.predicate as object).toReversed()),
      predicateType: STATEMENT.predicateType,
      subject: [{ digest: { sha256: HEX }, name: 'app' }],
      type: STATEMENT.type,
    };
    assert.equal(Buffer.from(formatStatement(shuffled)).toString(), TEXT);
  });
});

describe('parseVsaPredicate', () => {
  it('reads back what formatVsaPredicate writes', () => {
    assert.deepEqual(parseVsaPredicate(formatVsaPredicate(VSA)), VSA);
  });

  it('knows no third verdict', () => {
    const odd = { ...(formatVsaPredicate(VSA) as object), verificationResult: 'passed' };
    assert.equal(
      codeOf(() => parseVsaPredicate(odd)),
      'vsa_predicate_invalid',
    );
  });

  it('counts dependencies in numbers, also in text, and in nothing else', () => {
    const counted = (count: unknown) => ({
      ...(formatVsaPredicate(VSA) as object),
      dependencyLevels: { L1: count },
    });
    for (const count of [3, '3']) {
      assert.deepEqual(parseVsaPredicate(counted(count) as Json).dependencyLevels, { L1: 3 });
    }
    for (const count of [-1, 0.5, null, true, '', ' 3', '0x3', [3], {}, { toString: 1 }, '9'.repeat(16)]) {
      assert.equal(
        codeOf(() => parseVsaPredicate(counted(count) as Json)),
        'vsa_predicate_invalid',
      );
    }
  });

  it('answers hostile input with coded errors only', () => {
    fc.assert(
      fc.property(jsonMutationsOf(JSON.stringify(formatVsaPredicate(VSA))), (text) =>
        onlyCodedErrors(() => parseVsaPredicate(JSON.parse(text))),
      ),
    );
  });
});
