import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Bundle, formatBundle, parseBundle } from '../bundle/index.ts';
import { utf8 } from '../bytes/index.ts';
import { signWith } from '../crypto.ts';
import { digestOf } from '../digest/index.ts';
import { STATEMENT_TYPE_V1, type Statement } from '../intoto/index.ts';
import { codeOf, jsonMutationsOf, onlyCodedErrors } from '../test-support.ts';
import { formatTrustedRoot, parseTrustedRoot, type TrustedRoot } from '../trust/index.ts';
import { type Expectations, type VerifyOptions, verifyBundle, verifyStatementBundle } from './index.ts';
import { ISSUER, makeWorld, NOW, SUBJECT } from './test-world.ts';

const FILE = utf8('the artifact');
const STATEMENT: Statement = {
  type: STATEMENT_TYPE_V1,
  subject: [{ name: 'app', digest: { sha256: digestOf(FILE).slice(7) } }],
  predicateType: 'https://example.com/test/v1',
  predicate: { ok: true },
};
const OTHER: Statement = { ...STATEMENT, predicate: { ok: false } };
const IDENTITY: Expectations = { type: 'identity', issuer: ISSUER, subject: SUBJECT };

const world = makeWorld();
const check = (bundle: Bundle, options: Partial<VerifyOptions> = {}) =>
  verifyStatementBundle(bundle, { trustedRoot: world.trustedRoot, expectations: IDENTITY, ...options });
const refusal = (bundle: Bundle, options: Partial<VerifyOptions> = {}) =>
  codeOf(() => check(bundle, options));
const rootWith = (change: Partial<TrustedRoot>): TrustedRoot => ({ ...world.trustedRoot, ...change });

describe('verifyStatementBundle', () => {
  it('answers statement, signer, time and log entry', () => {
    const bundle = world.sign(STATEMENT);
    const { statement, payloadDigest } = check(bundle, { artifact: FILE, now: NOW });
    assert.deepEqual(statement.value, STATEMENT);
    assert.ok(statement.signer.type === 'certificate');
    assert.equal(statement.signer.issuer, ISSUER);
    assert.equal(statement.signer.subject, SUBJECT);
    assert.equal(statement.signedAt?.toISOString(), '2026-03-01T12:00:01.000Z');
    assert.deepEqual(statement.logged, { origin: 'log.waybill.example', logIndex: 1 });
    assert.ok(bundle.content.type === 'dsse');
    assert.equal(payloadDigest, digestOf(bundle.content.envelope.payload));
  });

  it('survives being written and read, bundle and trusted root', () => {
    const trustedRoot = parseTrustedRoot(formatTrustedRoot(world.trustedRoot));
    const text = formatBundle(world.sign(STATEMENT));
    assert.deepEqual(check(parseBundle(text), { trustedRoot }).statement.value, STATEMENT);
    assert.equal(formatBundle(parseBundle(text)), text);
  });

  it('takes a bundle that is not logged yet only when told so', () => {
    const bundle = world.sign(STATEMENT, { withLog: false });
    assert.equal(refusal(bundle), 'verify_not_logged');
    assert.equal(check(bundle, { requireTlog: false }).statement.logged, null);
  });

  it('refuses an artifact that is no subject, by bytes and by digest', () => {
    const bundle = world.sign(STATEMENT);
    assert.equal(refusal(bundle, { artifact: digestOf(FILE) }), 'no error');
    assert.equal(refusal(bundle, { artifact: utf8('another') }), 'verify_artifact');
    assert.equal(refusal(bundle, { artifact: digestOf(utf8('another')) }), 'verify_artifact');
    assert.equal(refusal(bundle, { artifact: digestOf(FILE, 'sha512') }), 'verify_artifact');
  });

  it('refuses the log entry of another signature, statement or signer', () => {
    const one = world.sign(STATEMENT);
    const { tlogEntries } = world.sign(OTHER);
    assert.equal(refusal({ ...one, tlogEntries }), 'verify_log_entry');
    const again = world.sign(STATEMENT);
    assert.equal(refusal({ ...one, tlogEntries: again.tlogEntries }), 'verify_log_entry');
  });

  it('refuses a proof that contradicts itself', () => {
    const bundle = world.sign(STATEMENT);
    const [entry] = bundle.tlogEntries;
    assert.ok(entry?.inclusionProof);
    const proof = entry.inclusionProof;
    const withProof = (change: object) =>
      refusal({ ...bundle, tlogEntries: [{ ...entry, inclusionProof: { ...proof, ...change } }] });
    assert.equal(withProof({}), 'no error');
    assert.equal(withProof({ treeSize: 3 }), 'verify_log_entry');
    assert.equal(withProof({ logIndex: 0 }), 'verify_log_entry');
    assert.equal(withProof({ hashes: [] }), 'verify_log_entry');
    assert.equal(withProof({ rootHash: new Uint8Array(32) }), 'verify_log_entry');
    assert.equal(withProof({ checkpoint: 'x' }), 'verify_log_entry');
    assert.equal(refusal({ ...bundle, tlogEntries: [{ ...entry, logIndex: 2 }] }), 'verify_log_entry');
    assert.equal(refusal({ ...bundle, tlogEntries: [{ ...entry, kind: 'rpm' }] }), 'verify_log_entry');
  });

  it('leaves out logs that nobody trusts, which is not enough alone', () => {
    const bundle = world.sign(STATEMENT);
    const foreign = makeWorld().sign(STATEMENT).tlogEntries;
    assert.equal(refusal({ ...bundle, tlogEntries: [...foreign, ...bundle.tlogEntries] }), 'no error');
    assert.equal(refusal({ ...bundle, tlogEntries: foreign }), 'verify_not_logged');
  });

  it('refuses a signature that is not over this payload', () => {
    const one = world.sign(STATEMENT, { withLog: false });
    const two = world.sign(OTHER, { withLog: false });
    assert.equal(
      refusal({ ...one, content: two.content, timestamps: two.timestamps }, { requireTlog: false }),
      'verify_signature',
    );
  });

  it('needs a trusted time inside the certificate', () => {
    const late = world.sign(STATEMENT, { at: new Date(NOW.getTime() - 3_600_000) });
    assert.equal(refusal(late), 'verify_certificate');
    assert.equal(refusal(world.sign(STATEMENT, { timestamps: 0 })), 'verify_timestamp');
    assert.equal(
      refusal(world.sign(STATEMENT, { timestamps: 0 }), { timestampThreshold: 0 }),
      'verify_timestamp',
    );
    const bundle = world.sign(STATEMENT);
    assert.equal(
      refusal({ ...bundle, timestamps: makeWorld().sign(STATEMENT).timestamps }),
      'verify_timestamp',
    );
    assert.equal(refusal(bundle, { now: new Date(NOW.getTime() - 3_600_000) }), 'verify_timestamp');
  });

  it('counts one authority once, however often it stamped', () => {
    const twice = world.sign(STATEMENT, { timestamps: 2 });
    assert.equal(refusal(twice), 'no error');
    assert.equal(refusal(twice, { timestampThreshold: 2 }), 'verify_timestamp');
  });

  it('needs each authority at a time when it was trusted, ends inclusive', () => {
    const bundle = world.sign(STATEMENT);
    const at = new Date('2026-03-01T12:00:01Z');
    const before = { start: null, end: new Date(at.getTime() - 1) };
    const until = { start: null, end: at };
    const { certificateAuthorities, timestampAuthorities, tlogs, ctlogs } = world.trustedRoot;
    for (const [validFor, expected] of [
      [until, ['no error', 'no error']],
      [before, ['verify_certificate', 'verify_timestamp']],
    ] as const) {
      const cas = rootWith({
        certificateAuthorities: certificateAuthorities.map((ca) => ({ ...ca, validFor })),
      });
      const tsas = rootWith({
        timestampAuthorities: timestampAuthorities.map((tsa) => ({ ...tsa, validFor })),
      });
      assert.deepEqual(
        [refusal(bundle, { trustedRoot: cas }), refusal(bundle, { trustedRoot: tsas })],
        expected,
      );
    }
    const closed = { start: new Date(0), end: new Date(1) };
    const logs = rootWith({ tlogs: tlogs.map((log) => ({ ...log, validFor: closed })) });
    const cts = rootWith({ ctlogs: ctlogs.map((log) => ({ ...log, validFor: closed })) });
    assert.equal(refusal(bundle, { trustedRoot: logs }), 'verify_log_entry');
    assert.equal(refusal(bundle, { trustedRoot: cts }), 'verify_sct');
  });

  it('needs the certificate in a trusted CT log unless told otherwise', () => {
    const bundle = world.sign(STATEMENT, { withSct: false });
    assert.equal(refusal(bundle), 'verify_sct');
    assert.equal(refusal(bundle, { requireSct: false }), 'no error');
  });

  it('refuses a certificate of another authority', () => {
    const { certificateAuthorities } = makeWorld().trustedRoot;
    const bundle = world.sign(STATEMENT);
    assert.equal(
      refusal(bundle, { trustedRoot: rootWith({ certificateAuthorities }) }),
      'verify_certificate',
    );
    assert.equal(
      refusal(bundle, { trustedRoot: rootWith({ certificateAuthorities: [] }) }),
      'verify_certificate',
    );
  });

  it('refuses another signer than the expected one', () => {
    const bundle = world.sign(STATEMENT, { subject: `${SUBJECT}-evil` });
    assert.equal(refusal(bundle), 'verify_identity');
    assert.equal(refusal(bundle, { expectations: { ...IDENTITY, subject: `${SUBJECT}*` } }), 'no error');
    assert.equal(
      refusal(bundle, { expectations: { ...IDENTITY, issuer: 'https://other.example' } }),
      'verify_identity',
    );
    assert.equal(refusal(bundle, { expectations: { type: 'any-trusted-signer' } }), 'no error');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    assert.equal(refusal(bundle, { expectations: { type: 'key', publicKey } }), 'verify_identity');
  });

  it('verifies a bundle by a key with that key only', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const bundle = world.sign(STATEMENT, { key, withLog: false, timestamps: 0 });
    const expectations: Expectations = { type: 'key', publicKey: key.publicKey };
    const { statement } = check(bundle, { expectations, requireTlog: false });
    assert.equal(statement.signer.type, 'key');
    assert.equal(statement.signedAt, null);
    assert.equal(refusal(bundle, { expectations }), 'verify_not_logged');
    assert.equal(refusal(bundle), 'verify_key_unknown');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    assert.equal(
      refusal(bundle, { expectations: { type: 'key', publicKey }, requireTlog: false }),
      'verify_signature',
    );
    assert.equal(refusal(world.sign(STATEMENT, { key }), { expectations }), 'no error');
  });

  it('takes in-toto statements only', () => {
    const bundle = world.sign(STATEMENT, { withLog: false });
    assert.ok(bundle.content.type === 'dsse');
    const envelope = { ...bundle.content.envelope, payloadType: 'text/plain' };
    assert.equal(
      refusal({ ...bundle, content: { type: 'dsse', envelope } }, { requireTlog: false }),
      'verify_signature',
    );
  });

  it('never verifies anything but what was signed, whatever is changed in the bundle', () => {
    const text = formatBundle(world.sign(STATEMENT));
    fc.assert(
      fc.property(jsonMutationsOf(text), (changed) =>
        onlyCodedErrors(() => assert.deepEqual(check(parseBundle(changed)).statement.value, STATEMENT)),
      ),
      { numRuns: 300 },
    );
  });
});

describe('verifyBundle', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message: Bundle = {
    version: '0.3',
    content: { type: 'message-signature', digest: null, signature: signWith(key.privateKey, FILE) },
    verificationMaterial: { type: 'public-key', hint: '' },
    tlogEntries: [],
    timestamps: [],
  };
  const options = {
    trustedRoot: world.trustedRoot,
    expectations: { type: 'key', publicKey: key.publicKey },
    requireTlog: false,
  } as const;

  it('verifies a signed file by its bytes or its digest', () => {
    assert.equal(verifyBundle(message, { ...options, artifact: FILE }).value.type, 'message-signature');
    assert.equal(
      verifyBundle(message, { ...options, artifact: digestOf(FILE) }).value.type,
      'message-signature',
    );
  });

  it('refuses another file, no file, and a digest that the key did not sign', () => {
    const code = (artifact?: Uint8Array | ReturnType<typeof digestOf>) =>
      codeOf(() => verifyBundle(message, artifact === undefined ? options : { ...options, artifact }));
    assert.equal(code(), 'verify_artifact');
    assert.equal(code(utf8('x')), 'verify_signature');
    assert.equal(code(digestOf(utf8('x'))), 'verify_signature');
    assert.equal(code(digestOf(FILE, 'sha512')), 'verify_artifact');
  });

  it('says that an Ed25519 signature needs the file', () => {
    const pair = generateKeyPairSync('ed25519');
    const content = {
      type: 'message-signature',
      digest: null,
      signature: signWith(pair.privateKey, FILE),
    } as const;
    const expectations = { type: 'key', publicKey: pair.publicKey } as const;
    const verify = (artifact: Uint8Array | ReturnType<typeof digestOf>) =>
      verifyBundle({ ...message, content }, { ...options, expectations, artifact });
    assert.equal(verify(FILE).signer.type, 'key');
    assert.equal(
      codeOf(() => verify(digestOf(FILE))),
      'verify_artifact',
    );
  });
});
