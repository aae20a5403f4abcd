/** JSON and YAML as values of Rego. */
import path from 'node:path';
import { messageOf } from '@waybill/core';
import { parseJson, type Value } from '@waybill/rego';
import { cliError } from '../exit.ts';

/** A few bytes of YAML can stand for gigabytes. */
const MAX_YAML_STEPS = 10_000_000;

export function isYamlName(file: string): boolean {
  return ['.yaml', '.yml'].includes(path.extname(file));
}

/** Throws `policy_file`. */
export function readJson(text: string, file: string): Value {
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw cliError('policy_file', `${file}: expected JSON: ${cause.message}`, { cause });
  }
}

/** Throws `policy_file`. */
export async function readYaml(text: string, file: string): Promise<Value> {
  const { readYaml: read } = await import('@waybill/rego/read-yaml');
  let steps = 0;
  try {
    return read(text, (count) => {
      steps += count;
      if (steps > MAX_YAML_STEPS) throw new RangeError('its aliases stand for too much');
    });
  } catch (cause) {
    throw cliError('policy_file', `${file}: expected YAML: ${messageOf(cause)}`, { cause });
  }
}

/** An input, which may be either whatever its name is. */
export async function readEither(text: string, file: string): Promise<Value> {
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return readYaml(text, file);
  }
}
