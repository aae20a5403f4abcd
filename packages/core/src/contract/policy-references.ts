/** Policies that a contract refers to by an address: found in its text, and replaced there by the policies themselves. */
import { isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import { canonicalJson, type Json } from '../bytes/index.ts';
import { type Digest, parseDigest } from '../digest/index.ts';
import { parseSources } from './source.ts';

export interface PolicyReference {
  /** As written. */
  readonly ref: string;
  /** `file://…`, `https://…` or `http://…`, without the pin. */
  readonly address: string;
  /** What the bytes at the address must be; null: nothing is said of them. */
  readonly pin: Digest | null;
  readonly line: number;
  readonly column: number;
  /** Of `ref: …` in the text. */
  readonly start: number;
  readonly end: number;
}

/**
 * Those with an address, in the order of the text; names of a provider are none. What is no contract has none: that
 * is for its reader to say. Throws `contract_invalid` for what is no YAML.
 */
export function policyReferences(text: string, filename: string): readonly PolicyReference[] {
  const skipped = text.startsWith('\ufeff') ? 1 : 0;
  return parseSources(text, filename).flatMap(({ root, position }) => {
    const spec = member(root, 'spec') ?? root;
    const policies = member(spec, 'policies');
    return ['materials', 'attestation'].flatMap((key) => {
      const list = member(policies, key);
      const items: readonly unknown[] = isSeq(list) ? list.items : [];
      return items.flatMap((item) => {
        const pair = pairOf(item as Node, 'ref');
        return pair === undefined ? [] : referenceIn(pair, position, skipped);
      });
    });
  });
}

function referenceIn(
  { key, value }: Pair<Node, Node | null>,
  position: (node: Node) => { readonly line: number; readonly column: number },
  skipped: number,
): readonly PolicyReference[] {
  // An anchor may be referred to from elsewhere: such a text stays what it is.
  if (!isScalar(value) || typeof value.value !== 'string' || value.anchor) return [];
  const ref = value.value;
  const [address, hex] = ref.split(/@sha256:(?=[0-9a-f]{64}$)/);
  if (address === undefined || !/^(?:file|https?):\/\//.test(address) || !key.range || !value.range)
    return [];
  return [
    {
      ref,
      address,
      pin: hex === undefined ? null : parseDigest(`sha256:${hex}`, 'ref'),
      ...position(value),
      start: key.range[0] + skipped,
      end: value.range[1] + skipped,
    },
  ];
}

/** The text with policies in the place of references, on the same lines, in YAML and JSON alike. */
export function withPolicies(text: string, found: ReadonlyMap<PolicyReference, Json>): string {
  const inOrder = [...found].toSorted(([a], [b]) => b.start - a.start);
  return inOrder.reduce(
    (whole, [{ start, end }, policy]) =>
      `${whole.slice(0, start)}"embedded": ${canonicalJson(policy)}${whole.slice(end)}`,
    text,
  );
}

function member(node: Node | null | undefined, name: string): Node | null | undefined {
  return pairOf(node, name)?.value;
}

function pairOf(node: Node | null | undefined, name: string): Pair<Node, Node | null> | undefined {
  if (!isMap(node)) return undefined;
  const found = node.items.find(({ key }) => isScalar(key) && key.value === name);
  return found as Pair<Node, Node | null> | undefined;
}
