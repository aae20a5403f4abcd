import type { Attack } from '../attack.ts';
import { SERVER, TESTS } from '../places.ts';

const CLAIMS = `${SERVER}/attestation/check-claims.ts`;
const GRADE = `${SERVER}/attestation/grade-build.ts`;
const MAPPING = `${SERVER}/trust/issuers/pipeline-claims.ts`;
const TRUSTED_TEST = `${TESTS}/trusted-pipelines.test.ts`;
const PROVEN_TEST = `${TESTS}/build-provenance.test.ts`;

/** Builds that pass for others: what is said of a job beside what its token proves. */
export const CLAIMS_OF_JOBS: readonly Attack[] = [
  {
    attack: 'a job that states the repository, commit or run of another one',
    defence: 'what is stated is compared with the token, variable by variable',
    file: CLAIMS,
    without: ['    ...checkEnvironment(facts, predicate),\n', ''],
    test: [PROVEN_TEST, 'is not made for a run that states otherwise than its token says'],
    gain: 'a verdict PASSED over a statement that names somebody else',
  },
  {
    attack: 'a run started by one pipeline, and pushed by another that the workflow trusts too',
    defence: 'the tokens of one run are of one pipeline',
    file: CLAIMS,
    without: ["    ...(started === null ? [] : checkSame(facts, started, 'started the run')),\n", ''],
    test: [TRUSTED_TEST, 'is one pipeline from the start to the push, or the run FAILED'],
    gain: 'provenance of a commit for what was made from another one',
  },
  {
    attack: "somebody with an API token pushes into the run of a job, to have the job's level",
    defence: 'only the job that pushes, or that signs, is proven',
    file: `${SERVER}/attestation/accept.ts`,
    without: [
      'gradeBuild({ contract, signed, pushed, issuerUrl })',
      'gradeBuild({ contract, signed, pushed: pushed ?? run.build, issuerUrl })',
    ],
    test: [TRUSTED_TEST, 'is nothing where somebody else pushes, or where nobody says what CI system it is'],
    gain: 'SLSA level 2 for what was built on a desk',
  },
  {
    attack: "an issuer of one's own that calls its machines the platform's, in the word of another platform",
    defence: "a platform's word counts in its own tokens only",
    file: GRADE,
    without: [
      "if (environment !== HOSTED[facts.ci ?? '']) {",
      'if (!Object.values(HOSTED).includes(environment)) {',
    ],
    test: [TRUSTED_TEST, 'is on a machine of the platform by the word of that platform only'],
    gain: 'level 2 for a machine that nobody knows',
  },
  {
    attack: 'a claim that a Jenkins job defines itself: repository, commit, kind of machine',
    defence: 'for each CI system the claims that are taken are listed',
    file: MAPPING,
    without: [
      "      'build-config-uri': 'sub',\n      // As BUILD_URL",
      "      'build-config-uri': 'sub',\n      'source-repository-digest': 'sha',\n      // As BUILD_URL",
    ],
    test: [
      `${SERVER}/trust/issuers/pipeline-claims.test.ts`,
      'takes of Jenkins the job and the build, and no claim that a job could define',
    ],
    gain: 'proven repository and commit by the word of the job',
  },
];
