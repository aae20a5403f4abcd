import type { Finding } from '@waybill/api';
import { type Contract, checkAssurance, checkContract, type RunFacts } from '@waybill/core/contract';
import { algorithmOf, type Digest, hexOf } from '@waybill/core/digest';
import type { RunMaterial, Subject } from '@waybill/core/intoto';
import type { SignedEvidence } from './verify-signer.ts';

/** Step `contract`: what the contract demands, and that the statement's subjects are exactly the run's outputs. */
export function checkConformance(
  contract: Contract,
  evidence: SignedEvidence,
  facts: RunFacts,
): readonly Finding[] {
  const owed = [...checkContract(contract, evidence.predicate), ...checkAssurance(contract, facts)].map(
    (finding) => ({ step: 'contract', ...finding }),
  );
  return [...owed, ...checkSubjects(evidence), ...checkJudged(contract, evidence)];
}

/**
 * What a verdict is about. Without outputs the subjects are the materials, and among them may be some that the
 * contract does not name: nobody demanded or checked anything of those, so a verdict says nothing of them.
 */
export function judgedSubjects(
  contract: Contract,
  { statement, predicate }: SignedEvidence,
): readonly Subject[] {
  const subjects = statement.value.subject;
  if (predicate.materials.some((material) => material.output)) return subjects;
  const wanted = new Set(contract.materials.map(({ name }) => name));
  const named = new Set(predicate.materials.filter(({ name }) => wanted.has(name)).map(hexDigest));
  const judged = subjects.filter(({ digest }) => named.has(digest['sha256']));
  // A verdict is about something: where nothing is named, checkJudged makes it FAILED.
  return judged.length > 0 ? judged : subjects;
}

function hexDigest({ digest }: RunMaterial): string | undefined {
  return algorithmOf(digest) === 'sha256' ? hexOf(digest) : undefined;
}

function checkJudged(contract: Contract, { predicate }: SignedEvidence): readonly Finding[] {
  const wanted = new Set(contract.materials.map(({ name }) => name));
  const judged = predicate.materials.some(({ name, output }) => output || wanted.has(name));
  // A contract that demands no material at all is about whatever the run gives.
  if (judged || wanted.size === 0) return [];
  return [
    {
      step: 'contract',
      code: 'subject_missing',
      message: 'the run gives nothing that the contract names, so there is nothing to judge',
    },
  ];
}

/**
 * A gate decides by subject, so a subject that no checked material stands behind would be a way to have anything
 * judged PASSED, and one of another name would have the server sign a name that nobody checked. Without outputs the
 * subjects are the materials themselves.
 */
function checkSubjects({ statement, predicate }: SignedEvidence): readonly Finding[] {
  const outputs = predicate.materials.filter((material) => material.output);
  const expected = Map.groupBy(outputs.length > 0 ? outputs : predicate.materials, ({ digest }) => digest);
  const findings: Finding[] = [];
  const named = new Set<Digest>();
  for (const subject of statement.value.subject) {
    const digest = onlySha256(subject);
    const materials = digest === null ? undefined : expected.get(digest);
    if (digest !== null && materials?.some(({ name }) => name === subject.name)) named.add(digest);
    else findings.push(strange(subject));
  }
  for (const digest of expected.keys()) {
    if (!named.has(digest)) {
      findings.push({
        step: 'contract',
        code: 'subject_missing',
        message: `the statement has no subject with the digest ${digest} and the name of its material, which is an output of the run`,
      });
    }
  }
  return findings;
}

/** Other algorithms beside sha256 were not checked by anybody, so they may not stand in a judged subject. */
function onlySha256(subject: Subject): Digest | null {
  const { sha256 } = subject.digest;
  if (sha256 === undefined || Object.keys(subject.digest).length > 1) return null;
  return `sha256:${hexOf(`sha256:${sha256}`)}`;
}

function strange(subject: Subject): Finding {
  const [algorithm, value] = Object.entries(subject.digest)[0] ?? ['', ''];
  return {
    step: 'contract',
    code: 'subject_unknown',
    message: `the subject ${JSON.stringify(subject.name.slice(0, 80))} (${algorithm}:${value.slice(0, 80)}) is no output of the run by its name and with a sha256 digest alone`,
  };
}
