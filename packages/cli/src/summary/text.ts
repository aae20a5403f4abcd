import type { Receipt } from '@waybill/api';
import { shortDigest } from '../output.ts';
import type { Preview } from '../preview-text.ts';
import type { AttestationState } from '../state.ts';
import type { MaterialStatus } from '../stated-contract.ts';
import { cut, plural, signerText, timeText } from '../text.ts';
import { code, md, mdTable } from './markdown.ts';

/** Longer texts are cut: a page of a CI system takes a megabyte of all steps together. */
const MAX_TEXT = 1000;

/** What the server said of a run, as a page of a CI system shows it. */
export function receiptSummary(receipt: Receipt, state: AttestationState): string {
  const { result, attestation, vsa, provenance, build } = receipt;
  const findings = receipt.findings.map(({ step, code: name, message, material = '', advisory }) => [
    advisory === true ? `${md(step)} (advisory)` : md(step),
    md(material),
    md(cut(message, MAX_TEXT)),
    code(name),
  ]);
  const policies = (receipt.policies ?? []).map(({ name, material = '', outcome, cause, reason }) => [
    md(name),
    md(material),
    md(outcome),
    md(cut([cause, reason].filter((part) => part !== undefined).join(': '), MAX_TEXT)),
  ]);
  return page([
    `${heading(state)}: ${result === 'PASSED' ? '✅ PASSED' : '❌ FAILED'}`,
    mdTable(
      ['', ''],
      [
        ['run', code(receipt.runId)],
        ['contract', `${md(state.contract.name)} revision ${state.contract.revision}`],
        ['signer', md(signerText(receipt.signer))],
        ...(build ? [['build level', `${build.level} (runner ${md(build.runner)})`]] : []),
        [
          'attestation',
          `${code(attestation.bundleDigest)}, entry ${attestation.log.logIndex} of ${md(attestation.log.origin)}`,
        ],
        ['verdict', `${code(vsa.bundleDigest)}, entry ${vsa.log.logIndex}`],
        ...(provenance ? [['provenance', code(provenance.bundleDigest)]] : []),
        ['verified', md(timeText(receipt.verifiedAt))],
      ],
    ),
    ...section(plural(findings.length, 'finding'), ['step', 'material', 'what', 'code'], findings),
    ...section('Policies', ['policy', 'material', 'outcome', ''], policies),
    ...section('Materials', ['material', 'kind', 'value', 'digest'], state.materials.map(materialRow)),
    ...(build && build.reasons.length > 0
      ? [
          `#### Why this build level\n\n${build.reasons.map((reason) => `- ${md(cut(reason, MAX_TEXT))}`).join('\n')}`,
        ]
      : []),
    `Verify it yourself: ${code(`waybill attestation verify ${receipt.runId} --server ${state.server}`)}`,
  ]);
}

/** What is recorded and what is missing, before anything is pushed. */
export function statusSummary(
  state: AttestationState,
  status: readonly MaterialStatus[],
  preview: Preview,
): string {
  const missing = status.filter((row) => row.missing);
  return page([
    `${heading(state)}: ${missing.length === 0 ? 'complete, not pushed' : `${plural(missing.length, 'material')} missing`}`,
    mdTable(
      ['', ''],
      [
        ['run', code(state.run.id)],
        ['contract', `${md(state.contract.name)} revision ${state.contract.revision}`],
        ['expires', md(timeText(state.run.expiresAt))],
      ],
    ),
    ...section('Materials', ['material', 'kind', 'need', 'state', 'digest'], status.map(statusRow)),
    ...section(
      'Policies, as asked here; the server decides',
      ['policy', 'material', 'outcome'],
      preview.judged.map(({ policy, material, verdict }) => [
        md(policy),
        md(material ?? ''),
        md(verdict.outcome),
      ]),
    ),
  ]);
}

function heading({ run }: AttestationState): string {
  return `### Waybill: ${md(run.project)}/${md(run.workflow)}`;
}

/** Empty lines around it, as a step may have written to the same page before. */
function page(parts: readonly string[]): string {
  return `\n${parts.join('\n\n')}\n`;
}

function section(
  title: string,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return rows.length === 0 ? [] : [`#### ${title}\n\n${mdTable(titles, rows)}`];
}

type Recorded = AttestationState['materials'][number];

function materialRow(material: Recorded): readonly string[] {
  return [md(material.name), md(material.kind), valueCell(material), code(material.digest)];
}

function statusRow({ name, kind, need, group, recorded, missing }: MaterialStatus): readonly string[] {
  return [
    md(name),
    md(kind),
    need === 'group' ? `one of ${md(group)}` : md(need),
    recorded ? '✅ recorded' : missing ? '❌ missing' : 'not recorded',
    recorded ? code(shortDigest(recorded.digest)) : '',
  ];
}

function valueCell({ reference, value, filename }: Recorded): string {
  return md(cut(reference ?? value ?? filename ?? '', 120));
}
