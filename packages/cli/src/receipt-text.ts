import type { PolicyJudgement, Receipt } from '@waybill/api';
import { listing, type Output } from './output.ts';
import { colourOf, plural, signerText, timeText } from './text.ts';

/** The server's verdict for a person: result, each finding by the step that found it, where it is logged. */
export function receiptText(receipt: Receipt, output: Output): string {
  const head = listing([
    ['verdict', output.paint(colourOf(receipt.result), receipt.result)],
    ['signer', signerText(receipt.signer)],
    ['attestation', receipt.attestation.bundleDigest],
    ['log index', `${receipt.attestation.log.logIndex} in ${receipt.attestation.log.origin}`],
    ['VSA', receipt.vsa.bundleDigest],
    ['VSA log index', String(receipt.vsa.log.logIndex)],
    ['provenance', receipt.provenance?.bundleDigest],
    ['build level', buildText(receipt)],
    ['proven', provenText(receipt)],
    ['manifest', receipt.manifestDigest],
    ['verified', timeText(receipt.verifiedAt)],
  ]);
  const policies = (receipt.policies ?? []).map((judgement) => `  ${policyText(judgement)}`);
  const judged = policies.length === 0 ? [head] : [head, '', 'policies:', ...policies];
  if (receipt.findings.length === 0) return judged.join('\n');
  const findings = receipt.findings.map(
    ({ step, code, message, material, advisory }) =>
      `  ${step}${advisory === true ? ' (advisory)' : ''}: ${material === undefined ? '' : `${material}: `}${message} [${code}]`,
  );
  return [...judged, '', `${plural(receipt.findings.length, 'finding')}:`, ...findings].join('\n');
}

function buildText({ build }: Receipt): string | undefined {
  return build && `${build.level} (runner ${build.runner}): ${build.reasons.join('; ')}`;
}

/** What the token of the CI system proves of the job: where a person would look for it. */
function provenText({ build }: Receipt): string | undefined {
  if (build?.claims === undefined) return undefined;
  const {
    sourceRepositoryUri,
    sourceRepositoryDigest,
    sourceRepositoryRef,
    runInvocationUri,
    buildSignerUri,
  } = build.claims;
  const said = [
    ['job', buildSignerUri],
    ['repository', sourceRepositoryUri],
    ['commit', sourceRepositoryDigest],
    ['ref', sourceRepositoryRef],
    ['run', runInvocationUri],
  ].filter(([, value]) => value !== undefined);
  return said.map((pair) => pair.join(' ')).join(', ');
}

export function policyText({ name, material, outcome, cause, reason }: PolicyJudgement): string {
  const about = material === undefined ? '' : ` about ${material}`;
  const why = [cause, reason].filter((part) => part !== undefined).join(': ');
  return `${name}${about}: ${outcome}${why === '' ? '' : ` (${why})`}`;
}
