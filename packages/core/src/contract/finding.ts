import { CodedError } from '../errors.ts';

/** A remark on a contract document. Lines and columns count from 1; `path` is like `spec.materials[0].name`. */
export interface DocumentFinding {
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  /** The text that was probably meant. */
  readonly suggestion?: string;
}

const SHOWN = 5;
/** More would only repeat one mistake. */
export const MAX_FINDINGS = 100;

/** `contract.yaml:3:5: spec.materials[0].type: …`. */
export function formatFinding(finding: DocumentFinding, filename: string): string {
  const path = finding.path === '' ? '' : `${finding.path}: `;
  return `${filename}:${finding.line}:${finding.column}: ${path}${finding.message}`;
}

/** All errors of one document as one error: the first few in the message, all in `detail.findings`. */
export function contractInvalid(
  findings: readonly DocumentFinding[],
  filename: string,
): CodedError<'contract_invalid'> {
  const sorted = findings.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.slice(0, SHOWN).map((finding) => formatFinding(finding, filename));
  if (sorted.length > SHOWN) lines.push(`… and ${sorted.length - SHOWN} more`);
  return new CodedError('contract_invalid', lines.join('\n'), { detail: { findings: sorted } });
}
