import { parseAnnotations } from './annotations.ts';
import { cliError } from './exit.ts';
import type { GivenMaterial } from './record-material.ts';

/**
 * `NAME=VALUE` and `NAME:KIND=VALUE` options with their `NAME:KEY=VALUE` annotations; a name may not stand twice.
 * Throws `usage_invalid`.
 */
export function parseMaterials(
  texts: readonly string[],
  annotations: readonly string[],
): readonly GivenMaterial[] {
  const annotated = byMaterial(annotations);
  const given = new Map<string, GivenMaterial>();
  for (const text of texts) {
    const { name, kind, value } = partsOf(text);
    if (given.has(name)) throw cliError('usage_invalid', `--material: ${name} stands twice`);
    const own = parseAnnotations(annotated.get(name) ?? []);
    given.set(name, { name, kind, value, option: `--material ${name}`, annotations: own });
  }
  for (const name of annotated.keys()) {
    if (!given.has(name))
      throw cliError('usage_invalid', `--material-annotation: there is no --material ${name}`);
  }
  return [...given.values()];
}

function partsOf(text: string) {
  const found = /^(?<name>[^=:]+)(?::(?<kind>[A-Z][A-Z0-9_]*))?=(?<value>.*)$/s.exec(text)?.groups;
  if (found?.['name'] !== undefined) {
    return { name: found['name'], kind: found['kind'], value: found['value'] ?? '' };
  }
  const said = JSON.stringify(text);
  throw cliError('usage_invalid', `--material: expected NAME=VALUE or NAME:KIND=VALUE, found ${said}`);
}

/** The `KEY=VALUE` texts of each material. */
function byMaterial(texts: readonly string[]): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const text of texts) {
    const at = text.indexOf(':');
    if (at < 1) {
      const said = JSON.stringify(text);
      throw cliError('usage_invalid', `--material-annotation: expected NAME:KEY=VALUE, found ${said}`);
    }
    const name = text.slice(0, at);
    found.set(name, [...(found.get(name) ?? []), text.slice(at + 1)]);
  }
  return found;
}
