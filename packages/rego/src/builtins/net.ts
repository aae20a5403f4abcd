/** net.cidr_* */
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, builtinError, functions } from './builtin.ts';
import {
  type Address,
  addressText,
  containsAddress,
  containsNetwork,
  lastOf,
  type Network,
  networkOf,
  networksOfRange,
  parseCidr,
  parseIp,
} from './go/ip.ts';
import { stringOperand } from './operands.ts';

function networkOperand(value: Value): Network {
  const text = stringOperand(value, 1);
  const parsed = parseCidr(text);
  if (parsed === undefined) throw builtinError(`invalid CIDR address: ${text}`);
  return parsed.network;
}

function contains(outer: Value, inner: Value): boolean {
  const network = networkOperand(outer);
  const text = stringOperand(inner, 1);
  const address = parseIp(text);
  if (address !== undefined) return containsAddress(network, address);
  const other = parseCidr(text);
  if (other === undefined) {
    throw builtinError(`not a valid textual representation of an IP address or CIDR: ${text}`);
  }
  return containsNetwork(network, other.network);
}

function intersects(a: Network, b: Network): boolean {
  return (
    containsAddress(a, { family: b.family, value: b.first }) ||
    containsAddress(b, { family: a.family, value: a.first })
  );
}

/** A network or address, and how the caller knows it. */
type Candidate = readonly [cidr: Value, key: Value];

function candidates(operand: number, value: Value): Candidate[] {
  if (typeof value === 'string') return [[value, value]];
  if (value instanceof RegoArray) return value.items.map((item, index) => [cidrOf(operand, item), index]);
  if (value instanceof RegoSet) return value.items.map((item) => [cidrOf(operand, item), item]);
  if (value instanceof RegoObject) return value.entries().map(([key, item]) => [cidrOf(operand, item), key]);
  return [];
}

/** A string, or an array that begins with it and holds what else belongs to it. */
function cidrOf(operand: number, item: Value): Value {
  const first = item instanceof RegoArray ? item.at(0) : item;
  if (first === undefined || (first === item && typeof item !== 'string')) {
    throw builtinError(`operand ${operand}: element must be string or non-empty array`);
  }
  return first;
}

function matches(context: BuiltinContext, cidrs: Value, others: Value): RegoSet {
  const pairs: Value[] = [];
  for (const [cidr, key] of candidates(1, cidrs)) {
    for (const [other, otherKey] of candidates(2, others)) {
      context.step(1);
      if (contains(cidr, other)) pairs.push(new RegoArray([key, otherKey]));
    }
  }
  return RegoSet.of(pairs);
}

function expand(context: BuiltinContext, cidr: Value): RegoSet {
  const network = networkOperand(cidr);
  const last = lastOf(network);
  const hosts: string[] = [];
  for (let value = network.first; value <= last; value++) {
    context.step(1);
    hosts.push(addressText({ family: network.family, value }));
  }
  return RegoSet.of(hosts);
}

/** A range of addresses; those of IPv4 have their place inside IPv6. */
interface Range {
  readonly first: bigint;
  readonly last: bigint;
  /** The network as it was given, unless it was united with another. */
  readonly given: string | undefined;
}

const MAPPED = 0xffffn << 32n;
const IPV4_FIRST = MAPPED;
const IPV4_LAST = MAPPED | 0xffffffffn;

function rangeOf(item: Value): Range {
  if (typeof item !== 'string') throw builtinError('element must be string');
  const address = parseIp(item);
  if (address !== undefined) return hostRange(address);
  const parsed = parseCidr(item);
  if (parsed === undefined) throw builtinError(`invalid CIDR address: ${item}`);
  return rangeOfNetwork(parsed.network, { family: parsed.network.family, value: parsed.network.first });
}

/** A bare IPv4 address stands for the network of its old class: A, B or C. */
function hostRange(address: Address): Range {
  if (address.family === 6) throw builtinError('IPv6 invalid: needs prefix length');
  const top = address.value >> 24n;
  const prefixLength = top < 0x80n ? 8 : top < 0xc0n ? 16 : 24;
  return rangeOfNetwork(networkOf(address, prefixLength), address);
}

function rangeOfNetwork(network: Network, address: Address): Range {
  const offset = network.family === 4 ? MAPPED : 0n;
  return {
    first: offset + network.first,
    last: offset + lastOf(network),
    given: `${addressText(address)}/${network.prefixLength}`,
  };
}

function merge(context: BuiltinContext, addresses: Value): RegoSet {
  if (!(addresses instanceof RegoArray) && !(addresses instanceof RegoSet)) {
    throw builtinError('operand must be an array');
  }
  context.step(addresses.items.length);
  const ranges = addresses.items
    .map(rangeOf)
    .sort((a, b) => order(a.last, b.last) || order(a.first, b.first));
  const merged: Range[] = [];
  for (const next of ranges.toReversed()) {
    const current = merged.at(-1);
    // From the highest down: each range is below or inside the one before it.
    if (current !== undefined && before(current.first) <= next.last) {
      merged[merged.length - 1] = {
        first: next.first < current.first ? next.first : current.first,
        last: current.last,
        given: undefined,
      };
    } else merged.push(next);
  }
  return RegoSet.of(merged.flatMap(textsOf));
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Nothing is before the first address of either family. */
function before(address: bigint): bigint {
  return address === 0n || address === IPV4_FIRST ? address : address - 1n;
}

function textsOf({ first, last, given }: Range): string[] {
  if (given !== undefined) return [given];
  const isIpv4 = first >= IPV4_FIRST && last <= IPV4_LAST;
  const networks = isIpv4
    ? networksOfRange(4, first - MAPPED, last - MAPPED)
    : networksOfRange(6, first, last);
  return networks.map(
    ({ family, first: value, prefixLength }) => `${addressText({ family, value })}/${prefixLength}`,
  );
}

export const NET: BuiltinGroup = functions({
  'net.cidr_contains': (_context, outer, inner) => contains(outer, inner),
  'net.cidr_overlap': (_context, outer, inner) => contains(outer, inner),
  'net.cidr_contains_matches': matches,
  'net.cidr_expand': expand,
  'net.cidr_intersects': (_context, a, b) => intersects(networkOperand(a), networkOperand(b)),
  'net.cidr_is_valid': (_context, cidr) => typeof cidr === 'string' && parseCidr(cidr) !== undefined,
  'net.cidr_merge': merge,
});
