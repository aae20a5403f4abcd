import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../bytes/index.ts';
import type { Digest } from '../digest/index.ts';
import { PROVENANCE_V1_TYPE, parseProvenance, STATEMENT_TYPE_V1, type Statement } from '../intoto/index.ts';
import { codeOf, jsonMutationsOf, onlyCodedErrors } from '../test-support.ts';
import { makeWorld, NOW } from '../verify/test-world.ts';
import { type BuilderExpectation, type ProvenanceExpectations, verifyProvenance } from './index.ts';

const HEX = 'ab'.repeat(32);
const ARTIFACT: Digest = `sha256:${HEX}`;
const REPOSITORY = 'https://github.com/acme/app';
const REF = 'refs/tags/v1.2.3';
const COMMIT = 'c'.repeat(40);
const SIGNER = `${REPOSITORY}/.github/workflows/release.yml@${REF}`;
const EXTENSIONS = {
  issuer: 'https://token.actions.githubusercontent.com',
  sourceRepositoryUri: REPOSITORY,
  sourceRepositoryRef: REF,
  sourceRepositoryDigest: COMMIT,
  buildConfigUri: SIGNER,
  buildTrigger: 'push',
  runnerEnvironment: 'github-hosted',
};

/** As actions/attest-build-provenance writes it. */
const DEFINITION = {
  buildType: 'https://actions.github.io/buildtypes/workflow/v1',
  externalParameters: {
    workflow: { ref: REF, repository: REPOSITORY, path: '.github/workflows/release.yml' },
  },
  internalParameters: { github: { event_name: 'push', runner_environment: 'github-hosted' } },
  resolvedDependencies: [{ uri: `git+${REPOSITORY}@${REF}`, digest: { gitCommit: COMMIT } }],
};

const world = makeWorld();

interface Change {
  readonly definition?: Readonly<Record<string, Json>>;
  readonly builderId?: string;
  readonly extensions?: Partial<typeof EXTENSIONS>;
  readonly expected?: Partial<ProvenanceExpectations>;
  readonly signer?: string;
}
const NAMED: BuilderExpectation = { type: 'named', id: SIGNER };

function judge({
  definition = {},
  builderId = SIGNER,
  extensions = {},
  expected = {},
  signer = SIGNER,
}: Change) {
  const statement: Statement = {
    type: STATEMENT_TYPE_V1,
    subject: [{ name: 'app', digest: { sha256: HEX } }],
    predicateType: PROVENANCE_V1_TYPE,
    predicate: {
      buildDefinition: { ...DEFINITION, ...definition },
      runDetails: { builder: { id: builderId } },
    },
  };
  const bundle = world.sign(statement, { subject: signer, extensions: { ...EXTENSIONS, ...extensions } });
  const known = { sourceUri: 'github.com/acme/app', refs: [], builder: NAMED, workflowInputs: {} };
  const { trustedRoot } = world;
  return verifyProvenance(bundle, {
    trustedRoot,
    artifact: ARTIFACT,
    expected: { ...known, ...expected },
    now: NOW,
  });
}
const refusal = (change: Change) => codeOf(() => judge(change));

describe('verifyProvenance', () => {
  it('takes what a job signs for itself at level 2, once its builder is named', () => {
    const { builder } = judge({});
    assert.equal(builder.level, 2);
    assert.match(builder.reason, /whoever controls the job controls the statement/);
    assert.equal(refusal({ expected: { builder: { type: 'known' } } }), 'slsa_builder');
  });

  it('refuses a statement that contradicts the certificate of its signer', () => {
    const other = 'refs/tags/v9';
    const workflow = { ref: other, repository: REPOSITORY, path: '.github/workflows/release.yml' };
    const commit = [{ uri: `git+${REPOSITORY}@${REF}`, digest: { gitCommit: 'd'.repeat(40) } }];
    const path = { ...DEFINITION.externalParameters.workflow, path: '.github/workflows/other.yml' };
    const changes: readonly Readonly<Record<string, Json>>[] = [
      { externalParameters: { workflow } },
      {
        externalParameters: {
          workflow: { ...workflow, ref: REF, repository: 'https://github.com/acme/other' },
        },
      },
      { externalParameters: { workflow: path } },
      { resolvedDependencies: commit },
      { resolvedDependencies: [] },
      { resolvedDependencies: [...DEFINITION.resolvedDependencies, { uri: `git+${REPOSITORY}@${other}` }] },
      { internalParameters: { github: { event_name: 'workflow_dispatch' } } },
    ];
    for (const definition of changes) {
      assert.equal(refusal({ definition }), 'slsa_contradiction', JSON.stringify(definition));
    }
  });

  it('refuses a signer that may not speak for the builder', () => {
    const generator =
      'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder_go_slsa3.yml';
    const go = {
      buildType: 'https://github.com/slsa-framework/slsa-github-generator/go@v1',
      externalParameters: {},
    };
    const as = (builderId: string, signer: string) =>
      refusal({ definition: go, builderId, signer, expected: { builder: { type: 'known' } } });
    const release = `${generator}@refs/tags/v2.1.0`;
    assert.equal(as(release, release), 'no error');
    assert.equal(as(release, SIGNER), 'slsa_builder');
    assert.equal(as(release, release.replace('builder_go', 'generator_generic')), 'slsa_builder');
    assert.equal(as(`${generator}@refs/heads/main`, `${generator}@refs/heads/main`), 'slsa_builder');
    assert.equal(
      as(`${generator}@refs/tags/v2.1.0-rc.1`, `${generator}@refs/tags/v2.1.0-rc.1`),
      'slsa_builder',
    );
    assert.equal(refusal({ extensions: { runnerEnvironment: 'self-hosted' } }), 'slsa_builder');
    assert.equal(refusal({ builderId: 'https://github.com/acme/app/other@x' }), 'slsa_builder');
    assert.equal(refusal({ extensions: { issuer: 'https://gitlab.com' } }), 'verify_identity');
    assert.equal(refusal({ extensions: { sourceRepositoryDigest: '' } }), 'slsa_builder');
  });

  it('refuses parameters that the build type does not have, and unknown build types', () => {
    const { externalParameters } = DEFINITION;
    assert.equal(
      refusal({ definition: { externalParameters: { ...externalParameters, script: 'x' } } }),
      'slsa_build_type',
    );
    assert.equal(refusal({ definition: { buildType: 'https://example.com/build' } }), 'slsa_builder');
  });

  it('believes the branch of a tag, and inputs, as far as they are to be believed', () => {
    const payload = {
      GITHUB_EVENT_PAYLOAD: { base_ref: 'refs/heads/main', inputs: { release: true, name: 'x' } },
    };
    const refs = [{ type: 'branch', name: 'main' }] as const;
    assert.equal(refusal({ definition: { internalParameters: payload }, expected: { refs } }), 'slsa_ref');
    const started = (workflowInputs: Readonly<Record<string, string>>) =>
      refusal({
        definition: { internalParameters: payload },
        extensions: { buildTrigger: 'workflow_dispatch' },
        expected: { workflowInputs },
      });
    assert.equal(started({ release: 'true', name: 'x' }), 'no error');
    for (const inputs of [{ name: 'y' }, { other: '' }, { toString: 'x' }])
      assert.equal(started(inputs), 'slsa_inputs');
  });
});

describe('parseProvenance', () => {
  const predicate = JSON.stringify({ buildDefinition: DEFINITION, runDetails: { builder: { id: SIGNER } } });

  it('refuses another predicate type', () => {
    assert.equal(
      codeOf(() => parseProvenance('https://example.com', JSON.parse(predicate))),
      'provenance_invalid',
    );
  });

  it('answers hostile input with coded errors only', () => {
    fc.assert(
      fc.property(jsonMutationsOf(predicate), (text) =>
        onlyCodedErrors(() => parseProvenance(PROVENANCE_V1_TYPE, JSON.parse(text))),
      ),
    );
  });
});
