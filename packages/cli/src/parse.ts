import { parseArgs } from 'node:util';
import { nearest } from '@waybill/core/bytes';
import type { Call, Command, OptionSpec, OptionSpecs } from './command.ts';
import { cliError } from './exit.ts';
import type { LogFormat } from './messages.ts';
import { OUTPUT_FORMATS, type OutputFormat } from './output.ts';

/** Options that every command takes. */
export const GLOBAL_OPTIONS = {
  server: { type: 'string', value: 'URL', summary: 'Server to talk to (or WAYBILL_URL)' },
  'token-file': { type: 'string', value: 'FILE', summary: 'File with the API token (or WAYBILL_TOKEN)' },
  'ca-file': {
    type: 'string',
    value: 'FILE',
    summary: 'PEM file of an authority to trust as well (or WAYBILL_CA_FILE)',
  },
  output: {
    type: 'string',
    short: 'o',
    value: 'FORMAT',
    choices: OUTPUT_FORMATS,
    summary: 'table (default), json or yaml',
  },
  'log-format': {
    type: 'string',
    value: 'FORMAT',
    choices: ['text', 'json'],
    summary: 'Messages and errors as text (default) or as JSON lines (or WAYBILL_LOG_FORMAT)',
  },
  help: { type: 'boolean', short: 'h', summary: 'Show this help' },
} as const satisfies OptionSpecs;

export interface GlobalValues {
  readonly server?: string;
  readonly 'token-file'?: string;
  readonly 'ca-file'?: string;
  readonly output?: OutputFormat;
  readonly 'log-format'?: LogFormat;
  readonly help?: boolean;
}

export interface ParsedCall {
  readonly call: Call<OptionSpecs>;
  readonly globals: GlobalValues;
}

type Values = Record<string, string | boolean | readonly string[] | undefined>;

/** Reads the words after the command's name. Throws `usage_…` with the nearest option when one is unknown. */
export function parseCall(command: Command, path: string, words: readonly string[]): ParsedCall {
  const specs: OptionSpecs = { ...GLOBAL_OPTIONS, ...command.options };
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, forNode(spec)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Values = {};
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') args.push(token.value);
    else if (token.kind === 'option') setOption(values, specs, { path, ...token });
  }
  if (values['help'] !== true) requireAll({ command, path, values, args });
  for (const [name, spec] of Object.entries(command.options)) {
    if (spec.type === 'boolean') values[name] ??= false;
    else if (spec.multiple) values[name] ??= [];
  }
  return { call: { options: values as Call<OptionSpecs>['options'], args }, globals: values as GlobalValues };
}

function forNode(spec: OptionSpec): { type: 'string' | 'boolean'; multiple: boolean; short?: string } {
  return { type: spec.type, multiple: true, ...(spec.short === undefined ? {} : { short: spec.short }) };
}

interface FoundOption {
  readonly path: string;
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
}

function setOption(values: Values, specs: OptionSpecs, found: FoundOption): void {
  const spec = Object.hasOwn(specs, found.name) ? specs[found.name] : undefined;
  if (!spec) throw unknownOption(found, Object.keys(specs));
  if (spec.type === 'boolean') {
    values[found.name] = switchOf(found);
    return;
  }
  if (found.value === undefined)
    throw invalid(found, `needs a value (${found.rawName} ${spec.value ?? 'VALUE'})`);
  if (spec.choices && !spec.choices.includes(found.value)) {
    throw invalid(found, `must be one of ${spec.choices.join(', ')}, found ${JSON.stringify(found.value)}`);
  }
  if (spec.multiple)
    values[found.name] = [...((values[found.name] as readonly string[] | undefined) ?? []), found.value];
  else if (values[found.name] !== undefined) throw invalid(found, 'stands twice');
  else values[found.name] = found.value;
}

/** `--flag`, or `--flag=true` and `--flag=false` as programs in Go take them. */
function switchOf(found: FoundOption): boolean {
  if (found.value === undefined || found.value === 'true') return true;
  if (found.value === 'false') return false;
  throw invalid(found, `takes no value but =true and =false, found ${JSON.stringify(found.value)}`);
}

function invalid(found: FoundOption, what: string) {
  return cliError('usage_invalid', `${found.rawName} ${what}; see waybill ${found.path} --help`);
}

function unknownOption(found: FoundOption, names: readonly string[]) {
  const near = nearest(found.name, names);
  const hint = near ? `did you mean --${near}?` : `see waybill ${found.path} --help`;
  return cliError('usage_unknown_option', `waybill ${found.path} has no option ${found.rawName}: ${hint}`);
}

function requireAll(given: {
  readonly command: Command;
  readonly path: string;
  readonly values: Values;
  readonly args: readonly string[];
}): void {
  const { command, path, values, args } = given;
  const specs = command.arguments ?? [];
  const missing = [
    ...specs.filter((spec, index) => spec.required && args[index] === undefined).map((spec) => spec.name),
    ...Object.entries(command.options)
      .filter(([name, spec]) => spec.required && values[name] === undefined)
      .map(([name]) => `--${name}`),
  ];
  if (missing.length > 0) {
    throw cliError(
      'usage_missing',
      `waybill ${path} needs ${missing.join(' and ')}; see waybill ${path} --help`,
    );
  }
  for (const [index, { name, choices }] of specs.entries()) {
    const found = args[index];
    if (choices === undefined || found === undefined || choices.includes(found)) continue;
    throw cliError(
      'usage_invalid',
      `${name} must be one of ${choices.join(', ')}, found ${JSON.stringify(found)}; see waybill ${path} --help`,
    );
  }
  const extra = specs.at(-1)?.multiple ? undefined : args[specs.length];
  if (extra !== undefined) {
    throw cliError(
      'usage_invalid',
      `waybill ${path} does not know what to do with ${JSON.stringify(extra)}; see waybill ${path} --help`,
    );
  }
}
