/** Answers in the formats of `opa eval`. */
import { indentJson, toJson, type Value } from '@waybill/rego';
import type { ExpressionValue, QueryAnswer } from '@waybill/rego/query';
import type { Output } from '../output.ts';
import { boxTable } from './box-table.ts';

/** As encoding/json writes it: compact, `<`, `>` and `&` escaped. */
export function jsonOf(value: Value): string {
  return toJson(value, { escapeHtml: true });
}

/** Of what JSON.stringify knows: problems, reports. */
export function plainJson(value: unknown): string {
  return escaped(JSON.stringify(value));
}

function escaped(json: string): string {
  return json.replaceAll(/[<>&\u2028\u2029]/g, (found) => {
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The lines of a compact JSON text, with the last line's end. */
export function jsonLines(json: string): string {
  return `${indentJson(json, '', '  ', () => undefined)}\n`;
}

/** `{"result": [...]}`, without members that are not there. Numbers keep their text. */
export function resultJson(members: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(members).filter(([, json]) => json !== undefined);
  return jsonLines(`{${given.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`);
}

/** Writes what is JSON for who asked for data, by `--format json` of OPA or by `--output`; undefined for people. */
export function dataWriter(output: Output, format: string | undefined): ((json: string) => void) | undefined {
  if (format !== undefined) return format === 'json' ? output.raw : undefined;
  return output.format === 'table' ? undefined : output.json;
}

/** Undefined without answers: then the member is left out. */
export function answersJson(answers: readonly QueryAnswer[]): string | undefined {
  return answers.length === 0 ? undefined : `[${answers.map(answerJson).join(',')}]`;
}

function answerJson({ expressions, bindings }: QueryAnswer): string {
  const values = `"expressions":[${expressions.map(expressionJson).join(',')}]`;
  return bindings.size === 0 ? `{${values}}` : `{${values},"bindings":${bindingsJson(bindings)}}`;
}

function expressionJson({ value, text, location: { row, col } }: ExpressionValue): string {
  return `{"value":${jsonOf(value)},"text":${plainJson(text)},"location":${plainJson({ row, col })}}`;
}

function bindingsJson(bindings: QueryAnswer['bindings']): string {
  const members = [...bindings].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, value]) => `${plainJson(name)}:${jsonOf(value)}`).join(',')}}`;
}

export function bindingsText(answers: readonly QueryAnswer[]): string {
  return answers.map(({ bindings }) => jsonLines(bindingsJson(bindings))).join('');
}

export function valuesText(answers: readonly QueryAnswer[]): string {
  return answers
    .map(({ expressions }) => jsonLines(`[${expressions.map(({ value }) => jsonOf(value)).join(',')}]`))
    .join('');
}

/** For scripts: texts as they are, everything else as compact JSON. */
export function rawText(answers: readonly QueryAnswer[]): string {
  return answers
    .map(({ expressions }) => `${expressions.map(({ value }) => rawValue(value)).join(' ')}\n`)
    .join('');
}

function rawValue(value: Value): string {
  return typeof value === 'string' ? value : jsonOf(value);
}

/** One value alone as JSON, several as a table. */
export function prettyText(answers: readonly QueryAnswer[]): string {
  const [first] = answers;
  if (first === undefined) return 'undefined\n';
  const { expressions, bindings } = first;
  const [expression] = expressions;
  const areBooleans = expressions.every(({ value }) => typeof value === 'boolean');
  if (
    answers.length === 1 &&
    bindings.size === 0 &&
    expression &&
    (expressions.length === 1 || areBooleans)
  ) {
    return jsonLines(jsonOf(expression.value));
  }
  return tableOf(answers, first);
}

function tableOf(answers: readonly QueryAnswer[], { expressions, bindings }: QueryAnswer): string {
  const shown = expressions.flatMap(({ value, text }, index) =>
    typeof value === 'boolean' && bindings.size > 0 ? [] : [{ text, index }],
  );
  const names = [...bindings.keys()].toSorted();
  const rows = answers.map((answer) => [
    ...shown.map(({ index }) => jsonOf(answer.expressions[index]?.value ?? null)),
    ...names.map((name) => jsonOf(answer.bindings.get(name) ?? null)),
  ]);
  return boxTable([...shown.map(({ text }) => text), ...names], rows);
}
