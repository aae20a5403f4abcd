/** uuid.parse and uuid.rfc4122 */
import { numberFromBigint } from '../values/number.ts';
import { termText } from '../values/text.ts';
import { type Entry, RegoObject, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, functions } from './builtin.ts';
import { stringOperand } from './operands.ts';

const FORMS = [
  /^([\da-f]{8})-([\da-f]{4})-([\da-f]{4})-([\da-f]{4})-([\da-f]{12})$/i,
  /^urn:uuid:([\da-f]{8})-([\da-f]{4})-([\da-f]{4})-([\da-f]{4})-([\da-f]{12})$/i,
  // As OPA's library reads it: the braces may be any characters.
  /^.([\da-f]{8})-([\da-f]{4})-([\da-f]{4})-([\da-f]{4})-([\da-f]{12}).$/is,
  /^([\da-f]{8})([\da-f]{4})([\da-f]{4})([\da-f]{4})([\da-f]{12})$/i,
];
/** From 1582-10-15 to 1970-01-01, in units of 100 ns. */
const GREGORIAN_START = 122_192_928_000_000_000n;

/** RFC 4122; `undefined` for what is no UUID. */
function parse(text: string): RegoObject | undefined {
  const fields = FORMS.map((form) => form.exec(text)).find((found) => found !== null);
  if (fields === undefined || fields === null) return undefined;
  const [low = '', middle = '', high = '', clock = '', node = ''] = fields
    .slice(1)
    .map((f) => f.toLowerCase());
  const version = Number.parseInt(high.charAt(0), 16);
  const entries: Entry[] = [
    ['version', version],
    ['variant', variantOf(Number.parseInt(clock.slice(0, 2), 16))],
  ];
  if (version === 1 || version === 2) {
    // Nanoseconds in 64 bits, and what does not fit wraps around.
    const time = (BigInt(`0x${high}`) & 0xfffn) * 2n ** 48n + BigInt(`0x${middle}`) * 2n ** 32n;
    entries.push(
      ['time', numberFromBigint(BigInt.asIntN(64, (time + BigInt(`0x${low}`) - GREGORIAN_START) * 100n))],
      ['nodeid', node.match(/../g)?.join('-') ?? ''],
      ['macvariables', macVariables(Number.parseInt(node.slice(0, 2), 16))],
      ['clocksequence', Number.parseInt(clock, 16) & 0x3fff],
    );
  }
  if (version === 2) {
    entries.push(['id', Number.parseInt(low, 16)], ['domain', domainOf(Number.parseInt(clock.slice(2), 16))]);
  }
  return RegoObject.of(entries);
}

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122';
  if ((byte & 0xe0) === 0xc0) return 'Microsoft';
  return (byte & 0xe0) === 0xe0 ? 'Future' : 'Reserved';
}

/** The two lowest bits of a MAC address: RFC 7042 §2.1. */
function macVariables(byte: number): string {
  return `${(byte & 2) === 0 ? 'global' : 'local'}:${(byte & 1) === 0 ? 'unicast' : 'multicast'}`;
}

function domainOf(byte: number): string {
  return ['Person', 'Group', 'Org'][byte] ?? `Domain${byte}`;
}

/** A random UUID, the same for equal keys throughout one evaluation. */
function random(context: BuiltinContext, key: Value): string {
  const cacheKey = `uuid.rfc4122 ${termText(key)}`;
  const known = context.cache.get(cacheKey);
  if (typeof known === 'string') return known;
  const words = Array.from({ length: 4 }, () => context.random());
  const hex = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  context.cache.set(cacheKey, uuid);
  return uuid;
}

export const UUID: BuiltinGroup = functions({
  'uuid.parse': (_context, text) => parse(stringOperand(text, 1)),
  'uuid.rfc4122': random,
});
