/** Real provenance: of slsa-verifier's test data, judged offline under the production root of Sigstore. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseAttachment, parseBundle } from '../bundle/index.ts';
import { fromBase64, utf8 } from '../bytes/index.ts';
import { publicKeyFrom } from '../crypto.ts';
import type { Digest } from '../digest/index.ts';
import { parseEnvelope } from '../dsse/index.ts';
import { codeOf, jsonMutationsOf, onlyCodedErrors } from '../test-support.ts';
import { parseTrustedRoot, type TrustedRoot } from '../trust/index.ts';
import {
  type ProvenanceExpectations,
  parseNpmAttestations,
  type RefExpectation,
  verifyNpmPackage,
  verifyProvenance,
  verifyVsa,
} from './index.ts';

const shared = process.env['WAYBILL_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const slsa = join(shared, 'evidence/slsa');
const skip =
  existsSync(slsa) || process.env['WAYBILL_REQUIRE_PEERS'] === '1'
    ? false
    : `nothing at ${slsa}: set WAYBILL_SHARED`;
const read = (...path: readonly string[]) => readFileSync(join(slsa, ...path));

const now = new Date('2026-01-01T00:00:00Z');
let root: TrustedRoot | undefined;
const trustedRoot = () =>
  (root ??= parseTrustedRoot(readFileSync(join(shared, 'evidence/sigstore-root/targets/trusted_root.json'))));

/** The file itself is left out of the evidence; its digests are there, but for the generic and Go builders. */
function digestOfFile(name: string, algorithm: 'sha256' | 'sha512'): Digest {
  const rows = read('artifacts.tsv')
    .toString()
    .split('\n')
    .map((line) => line.split('\t'));
  const [, sha256 = '', sha512 = ''] = rows.find(([file]) => file === name) ?? [];
  return algorithm === 'sha256' ? `sha256:${sha256}` : `sha512:${sha512}`;
}

const GENERIC: Digest = 'sha256:376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa';
const EXAMPLE = 'github.com/slsa-framework/example-package';
const WORKFLOWS = 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows';
const KNOWN: ProvenanceExpectations = {
  sourceUri: EXAMPLE,
  refs: [],
  builder: { type: 'known' },
  workflowInputs: {},
};
const tag = (name: string): RefExpectation => ({ type: 'tag', name });
const branch = (name: string): RefExpectation => ({ type: 'branch', name });
const version = (name: string): RefExpectation => ({ type: 'versioned-tag', name });

/** The one subject of a statement that is about one file. */
function subjectOf(file: string): Digest {
  const { content } = parseBundle(read(file));
  assert.ok(content.type === 'dsse');
  const { subject } = JSON.parse(Buffer.from(content.envelope.payload).toString()) as {
    subject: { digest: { sha256: string } }[];
  };
  return `sha256:${subject[0]?.digest.sha256 ?? ''}`;
}

function artifactOf(file: string): Digest {
  if (file.startsWith('gha_maven')) return digestOfFile(file.replace('.build.slsa', ''), 'sha256');
  return file.startsWith('gha_generic') ? GENERIC : subjectOf(file);
}

const judge = (file: string, change: Partial<ProvenanceExpectations> = {}, artifact = artifactOf(file)) =>
  verifyProvenance(parseBundle(read(file)), {
    trustedRoot: trustedRoot(),
    artifact,
    expected: { ...KNOWN, ...change },
    now,
  });
const refusal = (...given: Parameters<typeof judge>) => codeOf(() => judge(...given));

const DISPATCHED = 'gha_go/v2.1.0/binary-linux-amd64-workflow_dispatch.intoto.jsonl';
const V14 = 'gha_go/v2.1.0/binary-linux-amd64-push-v14.intoto.jsonl';
const V14_2 = 'gha_go/v2.1.0/binary-linux-amd64-push-v14.2.intoto.jsonl';
const MAVEN = 'gha_maven/v2.1.0/binary-linux-amd64-push-v14.2.build.slsa';

describe('verifyProvenance over the generators for GitHub', { skip }, () => {
  const files = existsSync(slsa)
    ? readdirSync(slsa, { recursive: true, encoding: 'utf8' }).filter((file) =>
        /^gha_.*\.(jsonl|slsa)$/.test(file),
      )
    : [];

  it('proves each at level 3, from its repository and ref', () => {
    assert.equal(files.length, 9);
    for (const file of files) {
      const { builder, build } = judge(file);
      const [, pushed] = /push-(v[\d.]+?)\.(?:intoto|build)/.exec(file) ?? [];
      assert.equal(builder.level, 3, file);
      assert.equal(build.ref, pushed === undefined ? 'refs/heads/main' : `refs/tags/${pushed}`, file);
      assert.equal(
        refusal(file, { refs: pushed === undefined ? [branch('main')] : [tag(pushed), branch('main')] }),
        'no error',
      );
      assert.equal(refusal(file, { sourceUri: 'github.com/slsa-framework/other' }), 'slsa_source', file);
      assert.equal(refusal(file, {}, `sha256:${'0'.repeat(64)}`), 'verify_artifact', file);
      assert.equal(refusal(file, { refs: [tag('v9.9.9')] }), 'slsa_ref', file);
      assert.equal(refusal(file, { refs: [branch('other')] }), 'slsa_ref', file);
    }
  });

  it('compares as many parts of a version as are expected', () => {
    const of = (file: string, name: string) => refusal(file, { refs: [version(name)] });
    assert.deepEqual(
      ['v14', 'v14.2', 'v14.2.0', 'v14.3', 'v15', 'v14.2.1', 'v14.2.0-rc1', '14', 'v014'].map((name) =>
        of(V14_2, name),
      ),
      [...Array(3).fill('no error'), ...Array(6).fill('slsa_ref')],
    );
    assert.equal(of(V14, 'v14.0'), 'no error');
    assert.equal(of(V14, 'v14.2'), 'slsa_ref');
    assert.equal(of(DISPATCHED, 'v14'), 'slsa_ref');
  });

  it('takes a named builder with its version or without, and no other', () => {
    const named = (file: string, id: string) => refusal(file, { builder: { type: 'named', id } });
    const go = `${WORKFLOWS}/builder_go_slsa3.yml`;
    for (const id of [go, `${go}@v2.1.0`, `${go}@refs/tags/v2.1.0`]) assert.equal(named(V14, id), 'no error');
    for (const id of [`${go}@v2.0.0`, `${go}@refs/heads/main`, `${WORKFLOWS}/builder_g`, '']) {
      assert.equal(named(V14, id), 'slsa_builder', id);
    }
    // The delegator signs it, but it is not the builder.
    assert.equal(named(MAVEN, `${WORKFLOWS}/builder_maven_slsa3.yml`), 'no error');
    assert.equal(named(MAVEN, `${WORKFLOWS}/delegator_lowperms-generic_slsa3.yml`), 'slsa_builder');
  });

  it('checks inputs of a started workflow, and that it was started', () => {
    assert.equal(refusal(DISPATCHED, { workflowInputs: { release: 'yes' } }), 'slsa_inputs');
    assert.equal(refusal(V14, { workflowInputs: { release: 'yes' } }), 'slsa_inputs');
  });

  it('takes a repository only, however its scheme is written', () => {
    for (const sourceUri of [`https://${EXAMPLE}`, `git+https://${EXAMPLE}`]) {
      assert.equal(refusal(V14, { sourceUri }), 'no error');
    }
    for (const sourceUri of [
      '',
      EXAMPLE.slice(0, -1),
      `${EXAMPLE}@refs/tags/v14`,
      `http://${EXAMPLE}`,
      `${EXAMPLE}/x`,
    ]) {
      assert.equal(refusal(V14, { sourceUri }), 'slsa_source', sourceUri);
    }
  });

  it('refuses a time before the signature', () => {
    const early = () =>
      verifyProvenance(parseBundle(read(V14)), {
        trustedRoot: trustedRoot(),
        artifact: artifactOf(V14),
        expected: KNOWN,
        now: new Date('2024-01-01T00:00:00Z'),
      });
    assert.equal(codeOf(early), 'verify_timestamp');
  });
});

/** registry.npmjs.org/-/npm/v1/keys, SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA */
const NPM_KEY = publicKeyFrom(
  fromBase64(
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg==',
  ),
);
const RUNNER = 'https://github.com/actions/runner/github-hosted';
const NODEJS = `${WORKFLOWS}/builder_nodejs_slsa3.yml`;
const TEST_PACKAGE = {
  name: '@laurentsimon/provenance-npm-test',
  source: 'laurentsimon/provenance-npm-test',
};

interface NpmCase {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly builder: string;
  readonly level: number;
}
const NPM: readonly (readonly [prefix: string, NpmCase])[] = [
  [
    'gundam',
    {
      name: 'gundam-visor',
      version: '1.0.1',
      source: 'ramonpetgrave64/gundam-visor',
      builder: RUNNER,
      level: 2,
    },
  ],
  ['provenance-npm-test-cli-v02', { ...TEST_PACKAGE, version: '1.0.3', builder: RUNNER, level: 2 }],
  [
    'provenance-npm-test-cli-v1',
    { name: 'sigstore', version: '2.3.1', source: 'sigstore/sigstore-js', builder: RUNNER, level: 2 },
  ],
  ['provenance-npm-test-ossf', { ...TEST_PACKAGE, version: '1.0.5', builder: NODEJS, level: 3 }],
  [
    'supreme',
    {
      name: '@trishankatdatadog/supreme-goggles',
      version: '1.0.5',
      source: 'trishankatdatadog/supreme-goggles',
      builder: RUNNER,
      level: 2,
    },
  ],
];

describe('verifyNpmPackage', { skip }, () => {
  const files = existsSync(slsa) ? readdirSync(join(slsa, 'npm/gha')) : [];

  function verify(file: string, change: Partial<NpmCase> = {}, registryKey = NPM_KEY) {
    const known = NPM.find(([prefix]) => file.startsWith(prefix))?.[1];
    assert.ok(known, file);
    const { name, version: number, source, builder } = { ...known, ...change };
    return verifyNpmPackage(parseNpmAttestations(read('npm/gha', file)), {
      trustedRoot: trustedRoot(),
      artifact: digestOfFile(`npm/gha/${file.replace('.json', '')}`, 'sha512'),
      expected: { ...KNOWN, sourceUri: `github.com/${source}`, builder: { type: 'named', id: builder } },
      now,
      registryKey,
      package: { name, version: number },
    });
  }

  it('proves what npm published, and refuses what was tampered with as its name says', () => {
    assert.equal(files.length, 10);
    for (const file of files) {
      const code = codeOf(() => verify(file));
      // The log holds the payload as it was signed; both forms of tampering differ from it first.
      assert.equal(code, /invalidsig(?:pub|prov)/.test(file) ? 'verify_log_entry' : 'no error', file);
      if (code === 'no error') {
        assert.equal(
          verify(file).builder.level,
          NPM.find(([prefix]) => file.startsWith(prefix))?.[1].level,
          file,
        );
      }
    }
  });

  it('refuses another package, version, source, builder and key of the registry', () => {
    const file = 'provenance-npm-test-ossf.tgz.json';
    assert.equal(
      codeOf(() => verify(file, { name: 'sigstore' })),
      'slsa_package',
    );
    assert.equal(
      codeOf(() => verify(file, { version: '1.0.6' })),
      'slsa_package',
    );
    assert.equal(
      codeOf(() => verify(file, { source: 'laurentsimon/other' })),
      'slsa_source',
    );
    assert.equal(
      codeOf(() => verify(file, { builder: RUNNER })),
      'slsa_builder',
    );
    const other = publicKeyFrom(read('vsa/gce/v1/vsa_signing_public_key.pem').toString());
    assert.equal(
      codeOf(() => verify(file, {}, other)),
      'verify_log_entry',
    );
    assert.equal(
      codeOf(() => verify('supreme-googles-cli-v02-tag.tgz.json', { builder: NODEJS })),
      'slsa_builder',
    );
    assert.equal(
      codeOf(() =>
        verify('supreme-googles-cli-v02-tag.tgz.json', { builder: 'https://github.com/actions/runner' }),
      ),
      'no error',
    );
  });

  it('reads two attestations of their kinds, and answers hostile ones with coded errors only', () => {
    const text = read('npm/gha/provenance-npm-test-ossf.tgz.json').toString();
    const [publish, provenance] = (JSON.parse(text) as { attestations: unknown[] }).attestations;
    for (const attestations of [[publish], [provenance], [publish, publish, provenance], []]) {
      assert.equal(
        codeOf(() => parseNpmAttestations(JSON.stringify({ attestations }))),
        'slsa_npm_invalid',
      );
    }
    fc.assert(
      fc.property(jsonMutationsOf(text), (changed) => onlyCodedErrors(() => parseNpmAttestations(changed))),
      {
        numRuns: 200,
      },
    );
  });
});

describe('parseAttachment', { skip }, () => {
  const FILE = 'gha_generic/v2.1.0/binary-linux-amd64-push-v14.intoto.jsonl';

  /** The same provenance as cosign attached it to an image before it wrote bundles. */
  function attachment(change: { readonly time?: number } = {}) {
    const { verificationMaterial, dsseEnvelope } = JSON.parse(read(FILE).toString());
    const [entry] = verificationMaterial.tlogEntries;
    const logEntry = {
      SignedEntryTimestamp: entry.inclusionPromise.signedEntryTimestamp,
      Payload: {
        body: entry.canonicalizedBody,
        integratedTime: change.time ?? Number(entry.integratedTime),
        logIndex: Number(entry.logIndex),
        logID: Buffer.from(entry.logId.keyId, 'base64').toString('hex'),
      },
    };
    const certificate = verificationMaterial.certificate.rawBytes;
    return {
      envelope: JSON.stringify(dsseEnvelope),
      annotations: {
        'dev.cosignproject.cosign/signature': '',
        'dev.sigstore.cosign/certificate': `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
        'dev.sigstore.cosign/bundle': JSON.stringify(logEntry),
      },
    };
  }

  const verify = ({ envelope, annotations }: ReturnType<typeof attachment>) =>
    verifyProvenance(parseAttachment(utf8(envelope), annotations), {
      trustedRoot: trustedRoot(),
      artifact: GENERIC,
      expected: KNOWN,
      now,
    });

  it('takes real provenance with the promise of the production log alone', () => {
    const { signer } = verify(attachment()).statement;
    assert.ok(signer.type === 'certificate');
    assert.match(signer.subject, /slsa-github-generator/);
    assert.equal(
      codeOf(() => verify(attachment({ time: 1_700_000_000 }))),
      'verify_log_entry',
    );
    const { envelope, annotations } = attachment();
    const without = (key: string) => ({ envelope, annotations: { ...annotations, [key]: '' } });
    assert.match(
      codeOf(() => verify(without('dev.sigstore.cosign/bundle'))),
      /^verify_/,
    );
    assert.match(
      codeOf(() => verify(without('dev.sigstore.cosign/certificate'))),
      /^(verify|slsa)_/,
    );
  });

  it('gives a coded error for anything else', () => {
    const { envelope, annotations } = attachment();
    const entry = annotations['dev.sigstore.cosign/bundle'];
    fc.assert(
      fc.property(jsonMutationsOf(entry), jsonMutationsOf(envelope), (changed, other) => {
        onlyCodedErrors(() =>
          parseAttachment(utf8(envelope), { ...annotations, 'dev.sigstore.cosign/bundle': changed }),
        );
        onlyCodedErrors(() => parseAttachment(utf8(other), annotations));
      }),
      { numRuns: 100 },
    );
    for (const text of ['', 'x', '{}', '[]', '-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----'])
      for (const key of Object.keys(annotations))
        onlyCodedErrors(() => parseAttachment(utf8(envelope), { ...annotations, [key]: text }));
  });
});

describe('verifyVsa', { skip }, () => {
  const EXPECTED = {
    subjectDigest: 'gce_image_id:8970095005306000053',
    verifierId: 'https://bcid.corp.google.com/verifier/bcid_package_enforcer/v0.1',
    resourceUri: 'gce_image://gke-node-images:gke-12615-gke1418000-cos-101-17162-463-29-c-cgpv1-pre',
    verifiedLevels: ['BCID_L1', 'SLSA_BUILD_LEVEL_1', 'SLSA_BUILD_LEVEL_2'],
  };
  const verify = (
    change: Partial<typeof EXPECTED> = {},
    key = read('vsa/gce/v1/vsa_signing_public_key.pem').toString(),
  ) =>
    verifyVsa(parseEnvelope(read('vsa/gce/v1/gke-gce-pre.bcid-vsa.jsonl')), {
      ...EXPECTED,
      ...change,
      publicKey: publicKeyFrom(key),
    });

  it('proves a summary whose key service writes r and s side by side', () => {
    const { proof, summary } = verify();
    assert.equal(proof.signer.type, 'key');
    assert.deepEqual(summary.verifiedLevels, ['BCID_L1', 'SLSA_BUILD_LEVEL_2']);
  });

  it('refuses each expectation that it does not meet', () => {
    for (const change of [
      { subjectDigest: 'gce_image_id:1' },
      { subjectDigest: 'sha256:8970095005306000053' },
      { subjectDigest: '8970095005306000053' },
      { verifierId: 'https://bcid.corp.google.com/verifier' },
      { resourceUri: 'gce_image://other' },
      { verifiedLevels: ['SLSA_BUILD_LEVEL_3'] },
      { verifiedLevels: ['SLSA_SOURCE_LEVEL_2'] },
      { verifiedLevels: ['BCID_L2'] },
    ]) {
      assert.equal(
        codeOf(() => verify(change)),
        'slsa_vsa',
        JSON.stringify(change),
      );
    }
    const npm = NPM_KEY.export({ type: 'spki', format: 'pem' }).toString();
    assert.equal(
      codeOf(() => verify({}, npm)),
      'verify_threshold',
    );
  });
});
