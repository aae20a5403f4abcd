import { isCoded } from '../errors.ts';
import { byPlace, type DocumentFinding } from './finding.ts';
import { readAll } from './parse.ts';
import { parseSources } from './source.ts';

/** `error`: refused. `warning`: taken, and probably not what was meant. `advice`: a question to its writer. */
export type Severity = 'error' | 'warning' | 'advice';

export interface LintFinding extends DocumentFinding {
  readonly severity: Severity;
}

/**
 * Everything that can be said of a file of contracts, by place; it never throws for what the file holds. A file without
 * an `error` is one that `parseContracts` takes.
 */
export function lintContracts(
  text: string,
  options: { readonly filename?: string } = {},
): readonly LintFinding[] {
  try {
    const sources = parseSources(text, options.filename ?? 'contract');
    if (sources.length === 0) return [EMPTY];
    return readAll(sources, false).flatMap(({ remarks }) =>
      [
        ...as('error', remarks.errors),
        ...as('warning', remarks.warnings),
        ...as('advice', remarks.advice),
      ].toSorted(byPlace),
    );
  } catch (error) {
    if (!isCoded(error, 'contract_invalid')) throw error;
    return as('error', error.detail['findings'] as readonly DocumentFinding[]);
  }
}

const EMPTY: LintFinding = {
  line: 1,
  column: 1,
  path: '',
  message: 'expected a contract, found an empty document',
  severity: 'error',
};

function as(severity: Severity, findings: readonly DocumentFinding[]): readonly LintFinding[] {
  return findings.map((finding) => ({ ...finding, severity }));
}
