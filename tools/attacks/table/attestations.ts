import type { Attack } from '../attack.ts';
import { HOSTILE, SERVER } from '../places.ts';

const ACCEPT = `${SERVER}/attestation/accept.test.ts`;
// What is evaluated in a child is taken away from tests that evaluate it in their own process.
const EXAMPLES = `${SERVER}/attestation/example-policies.test.ts`;
const POLICY_ENGINE = 'packages/rego/src/policy/policy-engine.ts';

const BUILDS = 'packages/server/test/build-provenance.test.ts';
const KEY_ENDS = 'packages/server/test/key-ends.test.ts';
const PROVENANCE = 'packages/core/src/slsa/provenance.test.ts';

export const ATTESTATIONS: readonly Attack[] = [
  {
    attack: 'the kept state of another run put in the place of this one, by who writes in the database',
    defence: 'the state of each run is sealed under a key of its own',
    file: 'packages/cli/src/seal-state.ts',
    without: ["secret.reveal(), runId, 'waybill", "secret.reveal(), '', 'waybill"],
    test: [
      'packages/cli/src/state.test.ts',
      'refuses another secret, the state of another run, and every changed byte',
    ],
    gain: 'an attestation of what another pipeline has recorded',
  },
  {
    attack: 'who may only read asks for the state that a pipeline keeps on the server',
    defence: 'what an attestation is made of is for those who may attest',
    file: `${SERVER}/attestation/keep-state.ts`,
    without: [
      "  authorize(principal, 'attest', { project: run.project, workflow: run.workflow });\n",
      '  void authorize;\n',
    ],
    test: [
      'packages/server/test/tenancy.test.ts',
      'is for those who may attest it, replaced on top of the newest alone, and gone with the end',
    ],
    gain: 'a copy to try keys on, and materials that are taken out again',
  },
  {
    attack: 'a statement changed after it was signed',
    defence: 'the signature is checked over the payload as it came',
    file: 'packages/core/src/verify/signed-content.ts',
    without: [
      "throw verifyError('verify_signature', 'the signature is not by",
      "void verifyError('verify_signature', 'the signature is not by",
    ],
    test: [ACCEPT, 'a payload changed after it was signed'],
    gain: 'any statement under a signature of somebody else',
  },
  {
    attack: 'a subject under a name that no material has, for the server to sign',
    defence: 'a subject is an output by its name as well as by its digest',
    file: `${SERVER}/attestation/check-conformance.ts`,
    without: ['materials?.some(({ name }) => name === subject.name)', 'materials !== undefined'],
    test: [
      `${SERVER}/attestation/lying-client.test.ts`,
      'in its statement: refused, FAILED, or only where the documentation says "stated"',
    ],
    gain: 'a verdict of the server about a name of the attacker',
  },
  {
    attack: 'one key that signs an envelope twice, or is given twice, counted as two signers',
    defence: 'a key counts once, whatever it signs and however often it is expected',
    file: 'packages/core/src/verify/verify-envelope.ts',
    without: [
      'keys.filter((_, index) => signedBy.includes(index))',
      'signedBy.flatMap((index) => keys[index ?? keys.length] ?? [])',
    ],
    test: [
      'packages/core/src/verify/dsse-envelope.test.ts',
      'counts a signer once: one who signs twice, and one key that is given twice',
    ],
    gain: 'a review of two by one person',
  },
  {
    attack: 'a job on a machine of its owner that is taken for one of the platform',
    defence:
      'only what the identity token says of the runner counts, and only machines of the platform are hosted',
    file: 'packages/server/src/attestation/grade-build.ts',
    without: ["if (environment !== HOSTED[facts.ci ?? '']) {", "if (environment === '') {"],
    test: [BUILDS, 'is 1 on a machine of its owner, whatever the workflow'],
    gain: 'level 3 for whatever a prepared machine gives out',
  },
  {
    attack: 'a reusable workflow of the attacker under a contract that lets any workflow sign',
    defence: 'level 3 needs a contract that names the very workflow',
    file: 'packages/server/src/attestation/grade-build.ts',
    without: [' && workflow === facts.workflow && ', ' && '],
    test: [BUILDS, 'is 2 where a wildcard lets it sign, where it moves, and where it is the built one'],
    gain: 'level 3 by a workflow that builds whatever its caller likes',
  },
  {
    attack: 'a client that states repository, runner and level as it likes',
    defence: 'what a client states stands below `stated`, where it lifts nothing',
    file: 'packages/server/src/attestation/build-provenance.ts',
    without: [
      '        stated: statedBy(evidence),',
      '        ...(statedBy(evidence) as object), stated: statedBy(evidence),',
    ],
    test: [BUILDS, 'takes source, workflow and runner from the token, and keeps what is stated apart'],
    gain: 'provenance over the signature of the server that says what the client wants',
  },
  {
    attack: 'a signature by a key that was revoked, backdated by its thief',
    defence: 'only a time that our own timestamp authority vouches for counts as before',
    file: 'packages/server/src/attestation/verify-signer.ts',
    without: ['      requireInTime(key, statement.signedAt, deps.clock());\n', ''],
    test: [KEY_ENDS, 'proves what was stamped before, and nothing after; verdicts stay'],
    gain: 'a key that nobody can take away from whoever has stolen it',
  },
  {
    attack: 'an artifact that was attested with a stolen key before the theft was noticed',
    defence: 'verdicts on signatures by a compromised key are withdrawn',
    file: 'packages/server/src/attestation/load-verdicts.ts',
    without: ["const key = row.result === 'PASSED' ? ", "const key = row.result === 'FAILED' ? "],
    test: [KEY_ENDS, 'proves nothing, and takes its verdicts with it'],
    gain: 'the gate open for what was smuggled in',
  },
  {
    attack: 'provenance that names a trusted builder, signed by a workflow of somebody else',
    defence: 'a builder speaks through its own signer only, at a release',
    file: 'packages/core/src/slsa/builders.ts',
    without: [
      " && provenance.builderId === build.signer,\n    buildTypes: ['generic",
      ",\n    buildTypes: ['generic",
    ],
    test: [PROVENANCE, 'refuses a signer that may not speak for the builder'],
    gain: 'level 3 for a build on any machine',
  },
  {
    attack: 'provenance that states another repository, commit or workflow than its signer ran for',
    defence: 'what the statement says of its source must be what the certificate says',
    file: 'packages/core/src/slsa/verify-provenance.ts',
    without: ['  if (stated === certified) return;', '  if (stated !== null) return;'],
    test: [PROVENANCE, 'refuses a statement that contradicts the certificate of its signer'],
    gain: 'a build that whoever reads the statement takes for another',
  },
  {
    attack: 'a job that states the branch of the tag it was started for',
    defence: 'the branch of a tag counts only from a builder that the job cannot reach',
    file: 'packages/core/src/slsa/verify-provenance.ts',
    without: ['builder.level === 3 ? ', 'builder.level >= 1 ? '],
    test: [PROVENANCE, 'believes the branch of a tag, and inputs, as far as they are to be believed'],
    gain: 'code of any branch where only main is to be released',
  },
  {
    attack: 'a statement that says one thing as predicateType and another as predicate_type',
    defence: 'two names of one field are refused together',
    file: 'packages/core/src/intoto/statement.ts',
    without: [
      '  if (!fields.has(name)) return fields.string(protoName);\n  throw',
      '  return fields.string(name);\n  throw',
    ],
    test: [
      'packages/core/src/intoto/statement.test.ts',
      'takes the names of its protobuf schema, as Chainloop writes them, but not both',
    ],
    gain: 'a statement that readers on protojson take for another',
  },
  {
    attack: 'a certificate that never stood in the certificate log',
    defence: 'a certificate needs a timestamp of a trusted CT log',
    file: 'packages/core/src/verify/signing-certificate.ts',
    without: ['if (proven.length > 0) return;', 'if (proven.length >= 0) return;'],
    test: [
      'packages/core/src/verify/verify-bundle.test.ts',
      'needs the certificate in a trusted CT log unless told otherwise',
    ],
    gain: 'certificates that nobody ever sees',
  },
  {
    attack: 'a certificate used after its ten minutes',
    defence: 'a timestamp of our own authority vouches for the time of signing',
    file: 'packages/core/src/verify/verify-bundle.ts',
    without: [
      "if (times.length === 0) throw verifyError('verify_timestamp'",
      "if (times.length < 0) throw verifyError('verify_timestamp'",
    ],
    test: ['packages/core/src/verify/verify-bundle.test.ts', 'needs a trusted time inside the certificate'],
    gain: 'the use of a stolen ephemeral key for ever',
  },
  {
    attack: 'evidence of one run pushed to another',
    defence: 'the signed statement names its run, workflow, organisation and contract revision',
    file: `${SERVER}/attestation/bind.ts`,
    without: ['if (expected === found) continue;', 'if (expected === found || field) continue;'],
    test: [ACCEPT, 'a genuine attestation carried over to another run of the same workflow is refused'],
    gain: 'one good build passes for all later ones',
  },
  {
    attack: 'evidence made for a laxer contract',
    defence: 'as above: name, revision and digest of the contract',
    file: `${SERVER}/attestation/bind.ts`,
    without: ['if (expected === found) continue;', 'if (expected === found || field) continue;'],
    test: [ACCEPT, 'is refused by its contract.digest'],
    gain: 'PASSED under a contract that nobody checked',
  },
  {
    attack: 'a second, different attestation for an ended run',
    defence: 'a run ends once: asked at the start, and again in the commit',
    file: `${SERVER}/attestation/accept.ts`,
    without: ["await refusal.during('run', () => requireOpen(run));", ''],
    andWithout: [
      `${SERVER}/attestation/queries.ts`,
      "id = ${id}::uuid and state = 'INITIALIZED'",
      'id = ${id}::uuid',
    ],
    test: [ACCEPT, 'another payload for an ended run is refused, whatever the end'],
    gain: 'a verdict replaced after it was read',
  },
  {
    attack: 'a subject that the run never built',
    defence: 'subjects are the outputs whose bytes were checked, and nothing else',
    file: `${SERVER}/attestation/check-conformance.ts`,
    without: ['else findings.push(strange(subject));', ''],
    test: [ACCEPT, 'a subject that no checked material stands behind'],
    gain: 'a PASSED verdict about any digest of their choice',
  },
  {
    attack: 'an extra material that the contract does not name, smuggled into the verdict',
    defence: 'a verdict is about what the contract names',
    file: `${SERVER}/attestation/check-conformance.ts`,
    without: [
      "const judged = subjects.filter(({ digest }) => named.has(digest['sha256']));",
      'const judged = [...subjects].slice(named.size * 0);',
    ],
    test: [HOSTILE, 'is nothing that the contract does not name, also where it names no output'],
    gain: 'a gate opens for a file that nobody demanded or checked',
  },
  {
    attack: 'a material stated with a wrong size or digest',
    defence: 'the server hashes and measures the stored bytes again',
    file: `${SERVER}/attestation/check-materials.ts`,
    without: ['if (found.sizeBytes !== material.sizeBytes) {', 'if (found.sizeBytes < 0) {'],
    test: [ACCEPT, 'a size that is not the size'],
    gain: 'statements about bytes that are not what they say',
  },
  {
    attack: 'a genuine signature by a workflow that may not sign this',
    defence: 'without signers in the contract only the workflow itself may sign',
    file: `${SERVER}/attestation/check-signer.ts`,
    without: ['if (found) return [];', 'if (found || subject) return [];'],
    test: [ACCEPT, 'without signers in the contract: the workflow itself, not another one'],
    gain: 'any pipeline of the organisation vouches for any other',
  },
  {
    attack: 'a row in the database that borrows the verdict of another run or organisation',
    defence: 'the gate verifies the VSA again and compares organisation, contract and run with the row',
    file: `${SERVER}/attestation/load-verdicts.ts`,
    without: ["if (run !== row.runId) throw differs('run');", ''],
    test: [HOSTILE, 'takes no genuine verdict of another organisation, nor one of another run'],
    gain: 'whoever writes one row opens the gate',
  },
  {
    attack: 'ten thousand findings to fill verdicts and logs',
    defence: 'findings are cut at 500',
    file: `${SERVER}/attestation/accept.ts`,
    without: ['const MAX_FINDINGS = 500;', 'const MAX_FINDINGS = 500_000;'],
    test: [HOSTILE, 'more subjects than a statement of the database has parameters, told without a flood'],
    gain: 'megabytes in the log for good, for a few kilobytes sent',
  },
  {
    attack: 'pushes without a token, each of which leaves an audit row',
    defence: 'at most 60 such rows a minute',
    file: `${SERVER}/attestation/refuse.ts`,
    without: ['const STRANGER_ROWS_PER_MINUTE = 60;', 'const STRANGER_ROWS_PER_MINUTE = 60_000;'],
    test: [ACCEPT, 'and strangers cannot fill the database with rows'],
    gain: 'a full disk, without a token',
  },
  {
    attack: 'an SBOM that states itself who signed the run',
    defence: "what the server proved stands over the evidence's own members in a policy's input",
    file: POLICY_ENGINE,
    without: [
      "...members.filter(([key]) => typeof key !== 'string' || !Object.hasOwn(added, key)),\n    ...ours,",
      '...ours.filter(([key]) => !members.some(([theirs]) => theirs === key)),\n    ...members,',
    ],
    test: [EXAMPLES, 'holds for the one identity alone'],
    gain: 'a policy about signers that believes the signer',
  },
  {
    attack: 'evidence for which a policy takes for ever',
    defence: 'what was stopped is undetermined, and that blocks',
    file: POLICY_ENGINE,
    without: [
      "? 'stopped' : 'failed', reason: cause.message",
      "? 'done' : 'failed', value: '{\"violations\":[]}', reason: cause.message",
    ],
    test: [`${SERVER}/attestation/judge-tasks.test.ts`, 'leaves undetermined what is out of time'],
    gain: 'a way past each policy',
  },
];
