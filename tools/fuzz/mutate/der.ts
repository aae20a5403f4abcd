/** Mutations of DER that keep the lengths right, or break exactly one. */
import type { Random } from '../random.ts';

interface Node {
  tag: number;
  /** Octets of a primitive value. */
  value: Uint8Array;
  /** The parts of a constructed value, or of DER inside an OCTET STRING or BIT STRING. */
  children: Node[] | null;
  /** Octets before the children: the count of unused bits of a BIT STRING. */
  prefix: Uint8Array;
  /** Written in place of the right length. */
  length?: Uint8Array;
}

const NOTHING = new Uint8Array();
const TAGS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x17, 0x18, 0x30, 0x31, 0x80, 0xa0, 0xa3, 0x1f,
];

/** One mutation of DER; undefined when `input` is none. */
export function mutateDer(input: Uint8Array, random: Random, other: Uint8Array): Uint8Array | undefined {
  const roots = read(input, 0);
  if (roots === null) return undefined;
  const holder: Node = { tag: 0x30, value: NOTHING, children: roots, prefix: NOTHING };
  const lists = listsOf(holder);
  const list = random.pick(lists);
  const at = random.below(list.length);
  const node = list[at];
  if (node === undefined) return undefined;
  mutateNode({ list, at, node }, random, other);
  return Buffer.concat(roots.map((root) => write(root)));
}

function mutateNode(
  { list, at, node }: { readonly list: Node[]; readonly at: number; readonly node: Node },
  random: Random,
  other: Uint8Array,
): void {
  switch (random.below(9)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      list.splice(at, 0, ...Array.from({ length: 1 + random.skewed(200) }, () => node));
      break;
    case 2:
      node.tag = random.once(3) ? random.below(256) : random.pick(TAGS);
      break;
    case 3:
      node.length = wrongLength(node, random);
      break;
    case 4:
      node.children = null;
      node.value = valueOf(node.value, random);
      break;
    case 5:
      list[at] = random.pick(random.pick(listsOf({ ...node, children: read(other, 0) ?? list })));
      break;
    case 6:
      list.splice(at, 0, {
        tag: random.pick(TAGS),
        value: random.bytes(random.below(9)),
        children: null,
        prefix: NOTHING,
      });
      break;
    case 7:
      for (let depth = 1 + random.skewed(400); depth > 0; depth--) {
        list[at] = { tag: 0x30, value: NOTHING, children: [list[at] ?? node], prefix: NOTHING };
      }
      break;
    default:
      list.reverse();
  }
}

function valueOf(value: Uint8Array, random: Random): Uint8Array {
  switch (random.below(6)) {
    case 0:
      return NOTHING;
    case 1:
      return random.bytes(1 + random.skewed(80));
    case 2:
      return Uint8Array.from(value, (byte) => (random.once(4) ? random.below(256) : byte));
    case 3:
      return Buffer.concat([Uint8Array.of(random.pick([0, 0x80, 0xff])), value]);
    case 4:
      return value.subarray(0, random.below(value.length + 1));
    default:
      return Buffer.alloc(1 + random.skewed(5000), random.pick([0, 0x31, 0x7f, 0x80, 0xff]));
  }
}

function wrongLength(node: Node, random: Random): Uint8Array {
  const real = contentOf(node).length;
  return random.pick([
    Uint8Array.of(0x80),
    Uint8Array.of(0x81, real & 0xff),
    Uint8Array.of(0x84, 0, 0, real >> 8, real & 0xff),
    Uint8Array.of(0x84, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(0x88, 0, 0, 0, 0, 0, 0, 0, real & 0xff),
    Uint8Array.of(0xff),
    lengthOf(real + 1),
    lengthOf(Math.max(0, real - 1)),
    lengthOf(0),
  ]);
}

/** The values that `bytes` consist of; null when they are not DER. */
function read(bytes: Uint8Array, depth: number): Node[] | null {
  const nodes: Node[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1] ?? 0x80;
    const count = first < 0x80 ? 0 : first & 0x7f;
    if (first === 0x80 || count > 3 || (tag & 0x1f) === 0x1f) return null;
    let length = first;
    if (count > 0) {
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    }
    const from = at + 2 + count;
    if (from + length > bytes.length || nodes.length > 2000) return null;
    const value = bytes.subarray(from, from + length);
    nodes.push({ tag, value, ...partsOf(tag, value, depth) });
    at = from + length;
  }
  return nodes.length === 0 ? null : nodes;
}

function partsOf(tag: number, value: Uint8Array, depth: number): Pick<Node, 'children' | 'prefix'> {
  const prefix = tag === 0x03 ? value.subarray(0, 1) : NOTHING;
  const nests = (tag & 0x20) !== 0 || tag === 0x03 || tag === 0x04;
  return { prefix, children: nests && depth < 40 ? read(value.subarray(prefix.length), depth + 1) : null };
}

function listsOf(node: Node): Node[][] {
  const lists: Node[][] = [];
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.children === null || next.children.length === 0) continue;
    lists.push(next.children);
    open.push(...next.children);
  }
  return lists;
}

function contentOf(node: Node): Uint8Array {
  return node.children === null
    ? node.value
    : Buffer.concat([node.prefix, ...node.children.map((part) => write(part))]);
}

function write(node: Node): Uint8Array {
  const content = contentOf(node);
  return Buffer.concat([Uint8Array.of(node.tag), node.length ?? lengthOf(content.length), content]);
}

function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x100) return Uint8Array.of(0x81, length);
  if (length < 0x10000) return Uint8Array.of(0x82, length >> 8, length & 0xff);
  return Uint8Array.of(0x83, length >> 16, (length >> 8) & 0xff, length & 0xff);
}
