/** Mutations of JSON that keep it JSON, so that what comes after the parser is reached. */
import type { Random } from '../random.ts';

/** Written as it is: a number or text that JSON.stringify would not give. */
class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Tree = unknown;
interface Place {
  readonly parent: Record<string, Tree>;
  readonly key: string;
}

const VALUES: readonly Tree[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e300,
  '',
  ' ',
  '0',
  '1',
  'a',
  '\u0000',
  '\ud800',
  'é',
  '__proto__',
  '../../x',
  'sha256:',
  `sha256:${'0'.repeat(64)}`,
  'AA==',
  '2026-02-30T25:00:00Z',
  'a'.repeat(70_000),
  [],
  [[]],
  [null],
  {},
  { '': '' },
  { toString: 1, constructor: null },
];

/** What JSON.stringify would not write, and mostly no JSON. */
const RAW_VALUES: readonly Raw[] = [
  new Raw('1e999'),
  new Raw('-0'),
  new Raw('9007199254740993'),
  new Raw('18446744073709551616'),
  new Raw('01'),
  new Raw('"\\ud800"'),
  new Raw('"\\u0000"'),
  new Raw('{"a":1,"a":2}'),
  new Raw('{"__proto__":{"x":1}}'),
  new Raw(`${'['.repeat(70)}${']'.repeat(70)}`),
  new Raw(`${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`),
  new Raw(`[${'0,'.repeat(3000)}0]`),
];

/** One mutation of a JSON text; undefined when `input` is none. `deeper` mutates what stands in base64. */
export function mutateJson(
  input: Uint8Array,
  random: Random,
  { other, deeper }: { readonly other: Uint8Array; readonly deeper: (bytes: Uint8Array) => Uint8Array },
): Uint8Array | undefined {
  const root = parsed(input);
  if (typeof root !== 'object' || root === null) return undefined;
  const holder = { root } as Record<string, Tree>;
  const places = placesOf(holder);
  const place = random.pick(places);
  const encoded = random.once(2) ? places.filter((one) => isEncoded(valueAt(one))) : [];
  if (encoded.length === 0) mutatePlace(place, random, { places, other });
  else mutateEncoded(random.pick(encoded), deeper);
  return Buffer.from(written(holder['root']));
}

function mutatePlace(
  { parent, key }: Place,
  random: Random,
  { places, other }: { readonly places: readonly Place[]; readonly other: Uint8Array },
): void {
  const value = parent[key];
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      parent[key] = random.pick(random.once(8) ? RAW_VALUES : VALUES);
      break;
    case 3:
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else Reflect.deleteProperty(parent, key);
      break;
    case 4:
      addMember(parent, { key, value }, random);
      break;
    case 5:
      parent[key] = copyOf(valueAt(random.pick(places)));
      break;
    case 6:
      parent[key] = random.once(2) ? [value] : { [key]: value };
      break;
    case 7:
      parent[key] = copyOf(valueAt(random.pick(placesOf({ root: parsed(other) ?? null }))));
      break;
    case 8:
      if (Array.isArray(value))
        parent[key] = Array.from({ length: 1 + random.skewed(300) }, () => value[0] ?? null);
      else parent[key] = numberOf(value, random);
      break;
    default:
      parent[key] = textOf(value, random);
  }
}

function addMember(
  parent: Record<string, Tree>,
  { key, value }: { key: string; value: Tree },
  random: Random,
): void {
  if (Array.isArray(parent)) parent.push(copyOf(value));
  // The same key once more, or one that means something to JavaScript; written raw, as an object holds a key once.
  else if (random.once(2))
    parent[` raw${key}`] = new Raw(`"${random.once(2) ? key : '__proto__'}":${written(value)}`);
  else parent[random.pick(['constructor', 'extra', '', 'a'.repeat(300), 'é', key.toUpperCase()])] = value;
}

function numberOf(value: Tree, random: Random): Tree {
  if (typeof value === 'number') return value + random.pick([-1, 1, 0.5, 2 ** 32]);
  if (typeof value === 'string' && /^\d+$/.test(value)) return random.once(2) ? Number(value) : `${value}0`;
  return random.below(1000);
}

function textOf(value: Tree, random: Random): Tree {
  if (typeof value !== 'string') return written(value);
  const at = random.below(value.length + 1);
  switch (random.below(5)) {
    case 0:
      return value.slice(0, at);
    case 1:
      return `${value.slice(0, at)}${random.pick(['\u0000', ' ', 'é', '/', '=', '\n', '.', '\ud800'])}${value.slice(at)}`;
    case 2:
      return value.repeat(2 + random.skewed(20));
    case 3:
      return random.once(2) ? value.toUpperCase() : value.replaceAll('+', '-').replaceAll('/', '_');
    default:
      return `${value.slice(0, at)}${String.fromCharCode(random.below(128))}${value.slice(at + 1)}`;
  }
}

function isEncoded(value: Tree): value is string {
  return typeof value === 'string' && value.length >= 24 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(value);
}

/** Base64 of something is taken out, mutated in its own form and put back. */
function mutateEncoded(place: Place, deeper: (bytes: Uint8Array) => Uint8Array): void {
  const inner = Buffer.from(valueAt(place) as string, 'base64');
  place.parent[place.key] = Buffer.from(deeper(inner)).toString('base64');
}

function valueAt({ parent, key }: Place): Tree {
  return parent[key];
}

function placesOf(root: Record<string, Tree>): readonly Place[] {
  const places: Place[] = [];
  const open: Record<string, Tree>[] = [root];
  for (let parent = open.pop(); parent !== undefined && places.length < 5000; parent = open.pop()) {
    for (const key of Object.keys(parent)) {
      places.push({ parent, key });
      const child = parent[key];
      if (typeof child === 'object' && child !== null) open.push(child as Record<string, Tree>);
    }
  }
  return places;
}

function parsed(input: Uint8Array): Tree {
  try {
    return JSON.parse(Buffer.from(input).toString('utf8')) as Tree;
  } catch {
    // No JSON: other mutations have their turn.
    return undefined;
  }
}

/** A value put inside itself would have no end. */
function copyOf(value: Tree): Tree {
  if (value instanceof Raw || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => copyOf(item));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyOf(member)]));
}

function written(value: Tree): string {
  if (value instanceof Raw) return value.text;
  if (Array.isArray(value)) return `[${value.map((item) => written(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value).map(([key, member]) =>
    key.startsWith(' raw') && member instanceof Raw
      ? member.text
      : `${JSON.stringify(key)}:${written(member)}`,
  );
  return `{${members.join(',')}}`;
}
