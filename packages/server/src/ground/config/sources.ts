/** Where settings come from: flags, the environment, files. Their values are read in values.ts. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CodedError } from '@waybill/core';
import { nearest, quoted } from '@waybill/core/bytes';
import { parseConfigFile } from './file.ts';
import { type Given, OPTIONS, type OptionName, optionNames, optionOf, type Setting } from './options.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Collected {
  readonly given: Given;
  /** One sentence each, for the log. */
  readonly warnings: readonly string[];
}

/** All that was given, the strongest source of each option. Throws `config_invalid`, `config_unknown_option`. */
export function collectSettings(argv: readonly string[], env: Environment, cwd: string): Collected {
  const warnings: string[] = [];
  const flags = fromFlags(argv);
  const variables = fromEnvironment(env, cwd, warnings);
  const file = flags.config ?? variables.config;
  return { given: { ...fromFile(file, cwd, warnings), ...variables, ...flags }, warnings };
}

function fromFile(file: Setting | undefined, cwd: string, warnings: string[]): Given {
  if (file === undefined) return {};
  const path = resolve(cwd, file.text);
  const { text, isOpen } = readText(path, file.from);
  const given = parseConfigFile(text, path);
  const secret = optionNames().find((name) => given[name] !== undefined && optionOf(name).secret);
  if (isOpen && secret !== undefined) warnings.push(openFile(path, `it holds ${secret}`));
  return given;
}

function fromEnvironment(env: Environment, cwd: string, warnings: string[]): Given {
  const given: Partial<Record<OptionName, Setting>> = {};
  for (const name of optionNames()) {
    const { env: variable, secret } = optionOf(name);
    const fileVariable = `${variable}_FILE`;
    // An empty variable is an unset one: shells and compose files cannot always tell them apart.
    const text = env[variable] || undefined;
    const file = (secret && env[fileVariable]) || undefined;
    if (text !== undefined && file !== undefined)
      throw invalid(fileVariable, `${variable} is set too: give one of them`);
    if (text !== undefined) given[name] = { text, from: variable };
    else if (file !== undefined)
      given[name] = { text: secretOf(resolve(cwd, file), fileVariable, warnings), from: fileVariable };
  }
  return given;
}

/** The file's text without the newline that editors and `echo` put at its end. */
function secretOf(path: string, variable: string, warnings: string[]): string {
  const { text, isOpen } = readText(path, variable);
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw invalid(variable, `${path} is empty: expected the value and nothing else`);
  if (isOpen) warnings.push(openFile(path, `${variable} names it`));
  return secret;
}

/** Only a warning: files of Docker and Kubernetes secrets are open to all users of a container that has one. */
function openFile(path: string, why: string): string {
  return `every user of this machine may read ${path} (${why}): run \`chmod o-r ${path}\` unless this is a container`;
}

function readText(path: string, from: string): { readonly text: string; readonly isOpen: boolean } {
  try {
    return { text: readFileSync(path, 'utf8'), isOpen: (statSync(path).mode & 0o004) !== 0 };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new CodedError(
      'config_invalid',
      `${from}: cannot read the file ${path} (${code}): check the path and that this user may read it`,
      { cause },
    );
  }
}

function fromFlags(argv: readonly string[]): Given {
  const given: Partial<Record<OptionName, Setting>> = {};
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    const [flag, inline] = splitOnce(argument, '=');
    const name = optionName(flag, argument);
    const text = inline ?? argv[++at];
    if (text === undefined || text === '' || (inline === undefined && text.startsWith('--')))
      throw invalid(`--${name}`, `needs a value: --${name} ${OPTIONS[name].value}`);
    if (given[name] !== undefined) throw invalid(`--${name}`, 'stands twice: give it once');
    given[name] = { text, from: `--${name}` };
  }
  return given;
}

function optionName(flag: string, argument: string): OptionName {
  if (!argument.startsWith('--')) {
    throw new CodedError(
      'config_unknown_option',
      `${quoted(argument)}: the server takes options only, each starting with --`,
    );
  }
  const name = flag.slice(2);
  const known = optionNames().filter((option) => optionOf(option).not !== 'flag');
  if (known.includes(name as OptionName)) return name as OptionName;
  if (Object.hasOwn(OPTIONS, name)) {
    const { env } = OPTIONS[name as OptionName];
    throw invalid(
      flag,
      `every user of the machine sees arguments: give it in ${env}, ${env}_FILE or the file`,
    );
  }
  const near = nearest(name, known);
  const hint =
    near === undefined
      ? `known are ${known.map((option) => `--${option}`).join(', ')}`
      : `did you mean --${near}?`;
  throw new CodedError('config_unknown_option', `unknown option ${shown(flag)}: ${hint}`);
}

/** A flag is shown as it was typed, unless it is no flag that anybody typed. */
function shown(flag: string): string {
  return /^--[\w-]{1,60}$/.test(flag) ? flag : quoted(flag);
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function invalid(from: string, problem: string): CodedError<'config_invalid'> {
  return new CodedError('config_invalid', `${from}: ${problem}`);
}
