import type { ContractAnnotation } from '@waybill/core/contract';
import { cliError } from './exit.ts';

/** `key=value` options; a key may not stand twice. Throws `usage_invalid`. */
export function parseAnnotations(pairs: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0));
    if (!/^[A-Za-z0-9_][\w.-]{0,127}$/.test(key) || key === '__proto__') {
      throw cliError('usage_invalid', `--annotation: expected KEY=VALUE, found ${JSON.stringify(pair)}`);
    }
    if (Object.hasOwn(found, key)) throw cliError('usage_invalid', `--annotation: ${key} stands twice`);
    found[key] = pair.slice(at + 1);
  }
  return found;
}

/**
 * What the person gave and what the contract fixes, which the person cannot change.
 * Throws `annotation_missing` for one that the contract leaves open and nobody gave.
 */
export function annotationsFor(
  wanted: readonly ContractAnnotation[],
  given: Readonly<Record<string, string>>,
  owner: string,
): Readonly<Record<string, string>> {
  const missing = wanted.filter(({ name, value }) => value === '' && !given[name]).map(({ name }) => name);
  if (missing.length > 0) {
    throw cliError(
      'annotation_missing',
      `${owner} wants ${missing.length === 1 ? 'the annotation' : 'the annotations'} ${missing.join(', ')}: add ${missing.map((name) => `--annotation ${name}=…`).join(' ')}`,
    );
  }
  const fixed = wanted.filter(({ value }) => value !== '').map(({ name, value }) => [name, value] as const);
  for (const [name, value] of fixed) {
    if (given[name] !== undefined && given[name] !== value) {
      throw cliError(
        'usage_invalid',
        `${owner} fixes the annotation ${name} to ${JSON.stringify(value)}: drop --annotation ${name}`,
      );
    }
  }
  return { ...given, ...Object.fromEntries(fixed) };
}
