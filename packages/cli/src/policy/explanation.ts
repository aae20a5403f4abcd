/** The steps of an evaluation in what `eval` writes. */
import { type Trace, traceText, type TraceStep } from '@waybill/rego/trace';
import { jsonOf, plainJson } from './answers.ts';
import { type OpenQuery, sourcesOf } from './query-options.ts';

export function explanationOf(trace: Trace, opened: OpenQuery): readonly TraceStep[] {
  return trace.steps(sourcesOf(opened), opened.text);
}

export function explanationText(steps: readonly TraceStep[], { leftOut }: Trace): string {
  return traceText(steps) + (leftOut > 0 ? `… ${leftOut} further steps are left out\n` : '');
}

export function explanationJson(steps: readonly TraceStep[]): string {
  return `[${steps.map(stepJson).join(',')}]`;
}

function stepJson({ op, node, location: { file, row, col }, depth, locals }: TraceStep): string {
  const known = plainJson({ op, node, depth, location: { file, row, col } }).slice(0, -1);
  return locals.size === 0 ? `${known}}` : `${known},"locals":${jsonOf(locals)}}`;
}
