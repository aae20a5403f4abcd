/** Where the issuer of a certificate stands in a token: the part of JSONPath that leads to one place. */
import type { Json } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';

const STEP = /\.([A-Za-z_][\w-]*)|\[(\d{1,6})\]|\["([^"\\\]]*)"\]|\['([^'\\\]]*)'\]/y;

/** `$.a.b`, `$["a"][1].b`. Throws `fulcio_config_invalid`; wildcards, ranges and filters name no one place. */
export function issuerClaimPath(text: string): readonly (string | number)[] {
  const steps: (string | number)[] = [];
  STEP.lastIndex = 1;
  while (text.startsWith('$') && text.length < 500 && STEP.lastIndex < text.length) {
    const found = STEP.exec(text);
    if (!found) break;
    const [, name, index, double, single] = found;
    steps.push(index === undefined ? (name ?? double ?? single ?? '') : Number(index));
    if (STEP.lastIndex === text.length) return steps;
  }
  throw new CodedError(
    'fulcio_config_invalid',
    `Issuer configuration: issuer-claim ${JSON.stringify(text.slice(0, 100))}: expected a path to one claim, as $.federated_claims.connector_id`,
  );
}

/** Undefined when there is nothing at that place. */
export function valueAt(value: Json, path: readonly (string | number)[]): Json | undefined {
  let found: Json | undefined = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    const isList = Array.isArray(found);
    if (isList !== (typeof step === 'number') || !Object.hasOwn(found, step)) return undefined;
    found = (found as Readonly<Record<string | number, Json>>)[step];
  }
  return found;
}
