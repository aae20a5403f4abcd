/** Expressions that were tried and never held: where the rules around them ended. */
import type { Observer, RegoObject } from '@waybill/rego';
import { ruleNames } from '@waybill/rego/trace';
import { plural } from '../text.ts';
import { jsonOf } from './answers.ts';
import { type OpenQuery, sourcesOf } from './query-options.ts';

export interface FailedExpression {
  /** `data.example.allow` */
  readonly rule: string;
  readonly text: string;
  readonly location: { readonly file: string; readonly row: number; readonly col: number };
  readonly tried: number;
  /** Of its variables, when it was tried last. */
  readonly values: RegoObject;
}

/** By file and place; of an expression in another that failed only the inner one. */
export function failedExpressions(observer: Observer, opened: OpenQuery): readonly FailedExpression[] {
  const sources = sourcesOf(opened);
  const texts = new Map(sources.map(({ module, text }) => [module.file, text]));
  const names = sources.flatMap(({ module }) => ruleNames(module));
  return observer.failures
    .filter(({ location }) => location.file !== '' && location.row > 0)
    .map(({ location, tried, values }) => {
      const { file, offset, end } = location;
      const around = names.filter(
        ({ place }) => place.file === file && place.offset <= offset && end <= place.end,
      );
      const text = (texts.get(file) ?? '').slice(offset, end).replaceAll(/\s+/g, ' ');
      return { rule: around.at(-1)?.name ?? '', text, location, tried, values };
    });
}

export function failuresText(failed: readonly FailedExpression[]): string {
  if (failed.length === 0) return 'every expression that was evaluated held\n';
  return failed
    .map(({ rule, text, location: { file, row, col }, tried, values }) => {
      const last = values.size === 0 ? '' : `\n    with ${jsonOf(values)}`;
      return `${file}:${row}:${col}: in ${rule}\n    ${text}\n    never held: tried ${plural(tried, 'time')}${last}\n`;
    })
    .join('');
}
