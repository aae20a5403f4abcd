import type { Json } from '../bytes/index.ts';
import type { PolicyInput } from './document.ts';
import { policyError } from './engine.ts';

/**
 * `input.args`: what the attachment gives, and the policy's own defaults. Commas and new lines part a value into a
 * list, `\,` is a comma; what is not parted stays text. Throws `policy_invalid` when a required one is missing.
 */
export function argumentsOf(
  inputs: readonly PolicyInput[],
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, Json>> {
  const texts = inputs.length === 0 ? new Map(Object.entries(given)) : declared(inputs, given);
  return Object.fromEntries([...texts].map(([name, text]) => [name, valueOf(text)]));
}

function declared(
  inputs: readonly PolicyInput[],
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const undeclared = Object.keys(given).filter((name) => !inputs.some((input) => input.name === name));
  if (undeclared.length > 0) {
    throw policyError(
      'policy_invalid',
      `the attachment gives ${undeclared.join(', ')}, and the policy takes ${inputs.map(({ name }) => name).join(', ')}: mend the name under "with"`,
    );
  }
  const texts = new Map<string, string>();
  for (const { name, required, default: value } of inputs) {
    const text = (Object.hasOwn(given, name) && given[name]) || value;
    if (text !== null) texts.set(name, text);
    else if (required) {
      throw policyError('policy_invalid', `the policy requires the input ${name}: give it under "with"`);
    }
  }
  return texts;
}

const PARTS = /\\,|[,\n]|(?:[^\\,\n]|\\(?!,))+/g;

function valueOf(text: string): Json {
  const values: string[] = [];
  let current = '';
  let isList = false;
  for (const [part] of text.trim().matchAll(PARTS)) {
    if (part === ',' || part === '\n') {
      values.push(current.trim());
      current = '';
      isList = true;
    } else current += part === '\\,' ? ',' : part;
  }
  if (!isList) return current;
  return [...values, current.trim()].filter((value) => value !== '');
}
