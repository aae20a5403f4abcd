/** What `waybill policy eval` has found, in one of its formats. */
import type { CoverageReport } from '@waybill/rego/coverage';
import type { QueryAnswer } from '@waybill/rego/query';
import {
  answersJson,
  bindingsText,
  plainJson,
  prettyText,
  rawText,
  resultJson,
  valuesText,
} from './answers.ts';
import { boxTable } from './box-table.ts';
import { type Problem, problemsText } from './problems.ts';

export const EVAL_FORMATS = ['json', 'values', 'bindings', 'pretty', 'raw', 'discard'] as const;

export interface EvalReport {
  readonly answers: readonly QueryAnswer[];
  readonly problems: readonly Problem[];
  readonly coverage: CoverageReport | undefined;
  /** The steps as JSON and as text. */
  readonly explanation: { readonly json: string; readonly text: string } | undefined;
}

export interface Written {
  readonly stdout: string;
  /** What is wrong, where the format is none that holds it. */
  readonly stderr: string;
}

export function reportText(format: string, report: EvalReport): Written {
  const { answers, problems, coverage, explanation } = report;
  if (format === 'json' || format === 'discard') return { stdout: jsonReport(format, report), stderr: '' };
  const before = format === 'pretty' ? (explanation?.text ?? '') : '';
  const after =
    format === 'pretty' && coverage !== undefined
      ? boxTable(['Overall Coverage', coverage.coverage.toFixed(2)], [])
      : '';
  const failed = problems.length > 0;
  return {
    stdout: before + (failed ? '' : answersText(format, answers)) + after,
    stderr: failed ? problemsText(problems) : '',
  };
}

function jsonReport(format: string, { answers, problems, coverage, explanation }: EvalReport): string {
  const result = answersJson(answers);
  return resultJson({
    coverage: coverage === undefined ? undefined : plainJson(coverage),
    errors: problems.length === 0 ? undefined : plainJson(problems),
    result: result !== undefined && format === 'discard' ? '"discarded"' : result,
    explanation: explanation?.json,
  });
}

function answersText(format: string, answers: readonly QueryAnswer[]): string {
  if (format === 'bindings') return bindingsText(answers);
  if (format === 'values') return valuesText(answers);
  return format === 'raw' ? rawText(answers) : prettyText(answers);
}
