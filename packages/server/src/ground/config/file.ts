/** The YAML file of `--config`: the options of the table as keys, one scalar each. */
import { CodedError } from '@waybill/core';
import { nearest } from '@waybill/core/bytes';
import { isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import { type Given, OPTIONS, type OptionName, optionNames, optionOf, type Setting } from './options.ts';

/** A thousand times what all options need; the YAML library takes seconds for a megabyte of brackets. */
const MAX_CHARACTERS = 65_536;

type At = (node: unknown) => string;

/** Throws `config_invalid`, `config_unknown_option`, each with file, line and column. Values are never shown. */
export function parseConfigFile(text: string, file: string): Given {
  if (text.length > MAX_CHARACTERS) {
    throw invalid(
      file,
      `it has ${text.length} characters, the limit is ${MAX_CHARACTERS}: one value for each key`,
    );
  }
  const lines = new LineCounter();
  const where = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const at: At = (node) => where((node as { range?: readonly number[] } | null)?.range?.[0] ?? 0);
  const document = read(text, file, lines);
  const [problem] = [...document.errors, ...document.warnings];
  // Of the reason the first line: the rest would quote the file, and with it a secret.
  if (problem) throw invalid(where(problem.pos[0]), problem.message.split('\n', 1)[0] ?? 'not YAML');
  const root = document.contents;
  if (root === null) return {};
  if (!isMap(root)) throw invalid(at(root), 'expected keys with values, such as `listen: 127.0.0.1:7070`');
  const given: Partial<Record<OptionName, Setting>> = {};
  for (const pair of root.items) {
    const name = nameOf(pair, at);
    if (given[name] !== undefined) throw invalid(at(pair.key), `${name} stands twice: give it once`);
    given[name] = { text: valueOf(pair, name, at), from: `${name} (${at(pair.key)})` };
  }
  return given;
}

function read(text: string, file: string, lineCounter: LineCounter) {
  try {
    return parseDocument(text, {
      lineCounter,
      schema: 'core',
      version: '1.2',
      customTags: [],
      prettyErrors: false,
      // Found here, in words of ours.
      uniqueKeys: false,
    });
  } catch {
    // The library recurses: deep nesting ends as a RangeError.
    throw invalid(file, 'it is nested too deeply: expected one value for each key');
  }
}

function nameOf(pair: Pair, at: At): OptionName {
  const name = isScalar(pair.key) ? String(pair.key.value) : '';
  const known = optionNames().filter((option) => optionOf(option).not !== 'file');
  if (known.includes(name as OptionName)) return name as OptionName;
  if (Object.hasOwn(OPTIONS, name)) throw invalid(at(pair.key), `${name} cannot stand in the file itself`);
  const near = nearest(name, known);
  const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
  throw new CodedError(
    'config_unknown_option',
    `${at(pair.key)}: unknown key ${JSON.stringify(name)}: ${hint}`,
  );
}

function valueOf(pair: Pair, name: OptionName, at: At): string {
  const { value } = pair;
  const expected = `${name}: expected one value (${OPTIONS[name].value})`;
  if (value === null || (isScalar(value) && (value.value === null || value.value === '')))
    throw invalid(at(pair.key), `${expected}, found none: take the line out for the default`);
  if (!isScalar(value)) throw invalid(at(value), `${expected}, found a list, a map or an alias`);
  // As written: 08 and 1e3 are no numbers of ours.
  return typeof value.value === 'string' ? value.value : (value.source ?? String(value.value));
}

function invalid(where: string, problem: string): CodedError<'config_invalid'> {
  return new CodedError('config_invalid', `${where}: ${problem}`);
}
