/** Documents as values of Rego and back. */
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';

/** Positions, null, and what holds nothing are left out, as OPA does. */
export function describe(node: unknown): Value {
  if (Array.isArray(node)) return new RegoArray(node.filter(isShown).map(describe).filter(holds));
  if (typeof node !== 'object' || node === null) return node as Value;
  const entries = Object.entries(node)
    .filter(([name, child]) => name !== 'Position' && isShown(child))
    .map(([name, child]) => [name, describe(child)] as const)
    .filter(([, child]) => holds(child));
  return RegoObject.of(entries);
}

function isShown(node: unknown): boolean {
  return node !== null && node !== undefined;
}

function holds(value: Value): boolean {
  if (value instanceof RegoArray) return value.length > 0;
  return !(value instanceof RegoObject) || value.size > 0;
}
