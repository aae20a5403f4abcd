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
/** Of a line in the message: what is quoted there was written by a stranger. */
const MAX_LINE = 500;
/** More would only repeat one mistake. */
export const MAX_FINDINGS = 100;

/** `contract.yaml:3:5: spec.materials[0].type: …`. */
export function formatFinding(finding: DocumentFinding, filename: string): string {
  const path = finding.path === '' ? '' : `${finding.path}: `;
  return `${filename}:${finding.line}:${finding.column}: ${path}${finding.message}`;
}

/**
 * All errors of one document as one error: the first few in the message, all in `detail.findings`. Its warnings
 * follow, as an unknown key is often the reason of a missing one.
 */
export function contractInvalid(
  errors: readonly DocumentFinding[],
  filename: string,
  warnings: readonly DocumentFinding[] = [],
): CodedError<'contract_invalid'> {
  const findings = errors.toSorted(byPlace);
  const lines = [
    ...findings.map((finding) => formatFinding(finding, filename)),
    ...warnings.toSorted(byPlace).map((finding) => `${formatFinding(finding, filename)} (warning)`),
  ];
  const shown = lines
    .slice(0, SHOWN)
    .map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line));
  if (lines.length > SHOWN) shown.push(`… and ${lines.length - SHOWN} more`);
  const detail = { findings, ...(warnings.length > 0 ? { warnings } : {}) };
  return new CodedError('contract_invalid', shown.join('\n'), { detail });
}

export function byPlace(a: DocumentFinding, b: DocumentFinding): number {
  return a.line - b.line || a.column - b.column;
}
