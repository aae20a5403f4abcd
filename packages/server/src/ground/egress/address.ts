import { BlockList, isIP } from 'node:net';

/** What an address leads to. `forbidden` is never dialled: link-local (metadata services), multicast, documentation, … */
export type Reach = 'public' | 'private' | 'loopback' | 'forbidden';

const LOOPBACK = listOf('127.0.0.0/8', '::1/128');
const PRIVATE = listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7');
/** IANA's special-purpose registries. fd00:ec2::/32 are metadata services inside the private range. */
const FORBIDDEN = listOf(
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  'fd00:ec2::/32',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
);
/** All that is global in IPv6 so far; what carries an IPv4 address inside (NAT64, 6to4, mapped) lies outside or above. */
const GLOBAL_6 = listOf('2000::/3');

/** `address` as a resolver gives it. Text that is no address is forbidden. */
export function reachOf(address: string): Reach {
  const family = isIP(address);
  if (family === 0 || address.includes('%')) return 'forbidden';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return reachOf(mapped);
  const type = family === 4 ? 'ipv4' : 'ipv6';
  if (FORBIDDEN.check(address, type)) return 'forbidden';
  if (LOOPBACK.check(address, type)) return 'loopback';
  if (PRIVATE.check(address, type)) return 'private';
  return family === 4 || GLOBAL_6.check(address, type) ? 'public' : 'forbidden';
}

function listOf(...networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}
