import { argumentText, type Command, type OptionSpec } from './command.ts';
import { COMMANDS, isNoun, type Noun } from './command-map.ts';
import { GLOBAL_OPTIONS } from './parse.ts';

export function rootHelp(): string {
  const lines = Object.entries(COMMANDS).map(([name, entry]): [string, string] => [
    isNoun(entry) ? `${name} ${Object.keys(entry.verbs).join('|')}` : name,
    entry.summary,
  ]);
  return [
    'Usage: waybill COMMAND [options]',
    '',
    'Takes software from code to deployment and proves every step.',
    '',
    'Commands:',
    ...lines.map(([words, summary]) => `  ${words}\n      ${summary}`),
    '',
    'Examples:',
    '  waybill serve',
    '  waybill attestation init --project demo --workflow build',
    '',
    'Exit codes: 0 ok, 1 error, 2 usage, 3 not verified, 4 refused by policy, 130 interrupted.',
    'See waybill COMMAND --help for options and examples, waybill help topics for all else.',
  ].join('\n');
}

export function nounHelp(path: string, noun: Noun): string {
  return [
    `Usage: waybill ${path} COMMAND [options]`,
    '',
    `${noun.summary}.`,
    '',
    'Commands:',
    ...columns(Object.entries(noun.verbs).map(([verb, leaf]) => [verb, leaf.summary])),
    '',
    `See waybill ${path} COMMAND --help for options and examples.`,
  ].join('\n');
}

export function commandHelp(path: string, command: Command): string {
  const args = (command.arguments ?? []).map(argumentText);
  const section = (title: string, rows: readonly [string, string][]) =>
    rows.length === 0 ? [] : ['', title, ...columns(rows)];
  return [
    ['Usage: waybill', path, ...args, '[options]'].join(' '),
    '',
    `${command.summary}.`,
    ...section(
      'Arguments:',
      (command.arguments ?? []).map((arg): [string, string] => [arg.name, arg.summary]),
    ),
    ...section('Options:', Object.entries(command.options).map(optionLine)),
    ...section('Global options:', command.passThrough ? [] : Object.entries(GLOBAL_OPTIONS).map(optionLine)),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
  ].join('\n');
}

function optionLine([name, spec]: readonly [string, OptionSpec]): [string, string] {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const value = spec.type === 'string' ? ` ${spec.value ?? 'VALUE'}` : '';
  const remarks = [spec.required ? 'required' : '', spec.multiple ? 'may be repeated' : ''].filter(Boolean);
  return [`${short}--${name}${value}`, spec.summary + (remarks.length > 0 ? ` (${remarks.join(', ')})` : '')];
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
