import type { Location } from './ast.ts';

/** The same syntax, all of it said to stand at `location`. */
export function relocate<T>(node: T, location: Location): T {
  return relocated(node, location) as T;
}

function relocated(node: unknown, location: Location): unknown {
  if (Array.isArray(node)) return node.map((item) => relocated(item, location));
  if (typeof node !== 'object' || node === null) return node;
  const fields = Object.entries(node).map(([name, value]) => [
    name,
    name === 'location' ? location : relocated(value, location),
  ]);
  return Object.fromEntries(fields);
}
