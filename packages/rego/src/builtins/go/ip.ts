/** IP addresses and networks, as Go's net and net/netip read and print them. */

/** An IPv4 address inside IPv6 (`::ffff:1.2.3.4`) is an IPv4 address, as to package net. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

export interface Network {
  readonly family: 4 | 6;
  /** The first address. */
  readonly first: bigint;
  readonly prefixLength: number;
}

const MAPPED = 0xffffn;

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

/** The address, or what is wrong with the text. A zone is allowed, and ignored. */
export function parseAddress(text: string): Address | string {
  for (const char of text) {
    if (char === '.') return parseIpv4(text);
    if (char === ':') return parseIpv6(text);
    if (char === '%') return 'missing IPv6 address';
  }
  return 'unable to parse IP';
}

/** net.ParseIP. */
export function parseIp(text: string): Address | undefined {
  const address = text.includes('%') ? undefined : parseAddress(text);
  return typeof address === 'string' ? undefined : address;
}

function parseIpv4(text: string): Address | string {
  const fields = text.split('.');
  for (const field of fields) {
    if (field === '') return 'IPv4 field must have at least one digit';
    if (!/^\d+$/.test(field)) return 'unexpected character';
    if (field.length > 1 && field.startsWith('0')) return 'IPv4 field has octet with leading zero';
    if (field.length > 3 || Number(field) > 255) return 'IPv4 field has value >255';
  }
  if (fields.length > 4) return 'IPv4 address too long';
  if (fields.length < 4) return 'IPv4 address too short';
  return { family: 4, value: fields.reduce((value, field) => (value << 8n) | BigInt(field), 0n) };
}

function parseIpv6(text: string): Address | string {
  const [bare = '', zone] = text.split(/%(.*)/s);
  if (zone === '') return 'zone must be a non-empty string';
  const halves = bare.split('::');
  if (halves.length > 2) return 'multiple :: in address';
  const groups: bigint[][] = [];
  for (const [index, half] of halves.entries()) {
    const parsed = parseGroups(half, index === halves.length - 1);
    if (typeof parsed === 'string') return parsed;
    groups.push(parsed);
  }
  const [head = [], tail = []] = groups;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) {
    return missing < 0 ? 'trailing garbage after address' : 'address string too short';
  }
  const all = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => 0n), ...tail];
  return normalized(all.reduce((value, group) => (value << 16n) | group, 0n));
}

/** Groups of 16 bits; the last two may be an IPv4 address. */
function parseGroups(text: string, isLast: boolean): bigint[] | string {
  if (text === '') return [];
  const groups: bigint[] = [];
  const fields = text.split(':');
  for (const [index, field] of fields.entries()) {
    if (isLast && index === fields.length - 1 && field.includes('.')) {
      const embedded = parseIpv4(field);
      if (typeof embedded === 'string') return embedded;
      groups.push(embedded.value >> 16n, embedded.value & 0xffffn);
    } else if (/^[\da-fA-F]{1,4}$/.test(field)) groups.push(BigInt(`0x${field}`));
    else return 'each colon-separated field must have at least one digit';
  }
  return groups;
}

function normalized(value: bigint): Address {
  return value >> 32n === MAPPED ? { family: 4, value: value & 0xffffffffn } : { family: 6, value };
}

/** net.ParseCIDR: the network, and the address that was written. */
export function parseCidr(
  text: string,
): { readonly address: Address; readonly network: Network } | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,8}$/.test(digits)) return undefined;
  const isMapped = address.family === 4 && text.slice(0, slash).includes(':');
  const written = Number(digits);
  if (written > (isMapped ? 128 : bitsOf(address.family))) return undefined;
  if (!isMapped) return { address, network: networkOf(address, written) };
  if (written >= 96) return { address, network: networkOf(address, written - 96) };
  return { address, network: networkOf({ family: 6, value: (MAPPED << 32n) | address.value }, written) };
}

export function networkOf({ family, value }: Address, prefixLength: number): Network {
  const hostBits = BigInt(bitsOf(family) - prefixLength);
  return { family, first: (value >> hostBits) << hostBits, prefixLength };
}

export function lastOf({ family, first, prefixLength }: Network): bigint {
  return first | ((1n << BigInt(bitsOf(family) - prefixLength)) - 1n);
}

export function containsAddress(network: Network, address: Address): boolean {
  return (
    network.family === address.family && address.value >= network.first && address.value <= lastOf(network)
  );
}

export function containsNetwork(outer: Network, inner: Network): boolean {
  return (
    outer.prefixLength <= inner.prefixLength &&
    containsAddress(outer, { family: inner.family, value: inner.first })
  );
}

export function addressText({ family, value }: Address): string {
  if (family === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  }
  return ipv6Text(value);
}

/** RFC 5952: the longest run of at least two zero groups, the first of equal ones, is `::`. */
function ipv6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - index * 16)) & 0xffffn).toString(16),
  );
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && groups[end] === '0') end++;
    if (end - at > length) {
      start = at;
      length = end - at;
    }
  }
  if (start < 0) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** The smallest list of networks that covers a range, in order. */
export function networksOfRange(family: 4 | 6, first: bigint, last: bigint): Network[] {
  const bits = bitsOf(family);
  const networks: Network[] = [];
  for (let at = first; at <= last; ) {
    let hostBits = 0;
    while (hostBits < bits) {
      const next = BigInt(hostBits + 1);
      if (at & ((1n << next) - 1n) || at + (1n << next) - 1n > last) break;
      hostBits++;
    }
    networks.push({ family, first: at, prefixLength: bits - hostBits });
    at += 1n << BigInt(hostBits);
  }
  return networks;
}
