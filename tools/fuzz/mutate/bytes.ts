/** Mutations that need to know nothing of a format. */
import type { Random } from '../random.ts';

/** What has a meaning somewhere: delimiters, look-alikes, numbers at an edge, text that is none. */
const TOKENS: readonly string[] = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  '<',
  '>',
  '&',
  '=',
  '/',
  '-',
  '--',
  '---',
  '...',
  '\n',
  '\r\n',
  '	',
  ' ',
  '\0',
  '',
  '\u2028',
  '﻿',
  '‮',
  'é',
  '𝕊',
  '￾',
  '%00',
  '%2e%2e',
  '..',
  '../',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '"__proto__":{"x":1},',
  'null',
  '0',
  '-0',
  '-1',
  '1e309',
  '-1e309',
  '1e-400',
  '0.1',
  '9007199254740991',
  '9007199254740993',
  '4294967296',
  '2147483648',
  '18446744073709551616',
  '00',
  '+1',
  '0x10',
  'NaN',
  'Infinity',
  '65536',
  '256',
  '-2147483649',
  '\\u0000',
  '\\ud800',
  '\\udc00\\ud800',
  '\\u',
  '\\x',
  "'",
  '`',
  '#',
  '|',
  '>-',
  '&a',
  '*a',
  '<<:',
  '!!js',
  '!t',
  '? ',
  '- ',
  ': ',
  '{}',
  '[]',
  '""',
  '<a>',
  '</a>',
  '<a/>',
  '<?xml?>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  '&b;',
  '&#0;',
  '&#x110000;',
  '&lt;',
  'xmlns:a="b"',
  '==',
  '=',
  'A=',
  '-_',
  '-----BEGIN CERTIFICATE-----',
  '-----END CERTIFICATE-----',
  '-----BEGIN PUBLIC KEY-----',
  '\n\n',
  '— ',
  'sha256:',
  'sha512:',
  '@sha256:',
  ':latest',
  '@',
  '://',
  'localhost',
  '[::1]:1',
  ';',
  '?',
  '+',
  '*',
  '$',
  '^',
];

const RUNS: readonly string[] = [
  '[',
  '{"a":',
  '<a>',
  '- ',
  '  ',
  '\n',
  'a',
  '-',
  '.',
  '/',
  '0',
  '(',
  '"',
  '\\',
  '&a;',
  '*',
  'x001/',
  'A',
  'a,',
  'a=',
  ' ',
  '	',
  '? ',
  '{a: ',
  '[[',
  '!',
  '%',
  ':',
  '"",',
  '0,',
  'a/',
  'a-',
  'a.',
  '=',
  'é',
  '\0',
  '<',
  '<!--',
  '&',
  '- - ',
  '\r',
  '#',
  '|\n',
  '": "',
  ',"',
  '\\u0000',
  '-----BEGIN CERTIFICATE-----\n',
  '— a ',
  'a b',
];

type Mutation = (input: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const EDGES = [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xff, 0x30, 0x20, 0x22, 0x0a] as const;

const flipBit: Mutation = (input, random) => edited(input, random, (byte) => byte ^ (1 << random.below(8)));
const setByte: Mutation = (input, random) => edited(input, random, () => random.below(256));
const setEdge: Mutation = (input, random) => edited(input, random, () => random.pick(EDGES));
const addOne: Mutation = (input, random) =>
  edited(input, random, (byte) => byte + (random.once(2) ? 1 : 255));

const truncate: Mutation = (input, random) => input.subarray(0, random.below(input.length + 1));
const behead: Mutation = (input, random) => input.subarray(random.skewed(input.length + 1));

const cut: Mutation = (input, random) => {
  const at = random.below(input.length + 1);
  return Buffer.concat([
    input.subarray(0, at),
    input.subarray(at + 1 + random.skewed(input.length - at + 1)),
  ]);
};

const repeatPart: Mutation = (input, random) => {
  const at = random.below(input.length + 1);
  const part = input.subarray(at, at + 1 + random.skewed(input.length - at + 1));
  const times = 1 + random.skewed(Math.min(50, Math.ceil(20_000 / (part.length + 1))));
  return Buffer.concat([
    input.subarray(0, at),
    ...Array.from({ length: times }, () => part),
    input.subarray(at),
  ]);
};

const insertToken: Mutation = (input, random) => inserted(input, random, random.pick(TOKENS));

const insertRun: Mutation = (input, random) => {
  const unit = random.pick(RUNS);
  const times = 2 + random.skewed(random.once(24) ? 60_000 : 300);
  return inserted(input, random, unit.repeat(Math.min(times, Math.ceil(200_000 / unit.length))));
};

const insertBytes: Mutation = (input, random) => {
  const at = random.below(input.length + 1);
  return Buffer.concat([input.subarray(0, at), random.bytes(1 + random.below(8)), input.subarray(at)]);
};

const splice: Mutation = (input, random, other) =>
  Buffer.concat([
    input.subarray(0, random.below(input.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);

const insertOther: Mutation = (input, random, other) => {
  const at = random.below(input.length + 1);
  const from = random.below(other.length + 1);
  const part = other.subarray(from, from + 1 + random.skewed(other.length - from + 1));
  return Buffer.concat([input.subarray(0, at), part, input.subarray(at)]);
};

/** A number of two or four octets, as length fields are, at an edge. */
const setNumber: Mutation = (input, random) => {
  const width = random.once(2) ? 2 : 4;
  if (input.length < width) return input;
  const copy = Buffer.from(input);
  const at = random.below(input.length - width + 1);
  const value = random.pick([
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    0x7fffffff,
    0xffffffff,
    input.length,
  ]);
  copy.writeUIntBE(value % 2 ** (8 * width), at, width);
  return copy;
};

/** A number in decimal becomes another. */
const setDecimal: Mutation = (input, random) => {
  const text = Buffer.from(input).toString('latin1');
  const numbers = text.matchAll(/\d+/g).toArray();
  const found = numbers[random.below(Math.max(1, numbers.length))];
  if (found === undefined) return input;
  const numeric = TOKENS.filter((token) => /^[-+]?\d|NaN|Infinity/.test(token));
  const end = found.index + found[0].length;
  return Buffer.from(`${text.slice(0, found.index)}${random.pick(numeric)}${text.slice(end)}`, 'latin1');
};

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setEdge,
  addOne,
  truncate,
  behead,
  cut,
  repeatPart,
  insertToken,
  insertToken,
  insertRun,
  insertBytes,
  splice,
  insertOther,
  setNumber,
  setDecimal,
];

/** One mutation of any bytes. `other` lends parts. */
export function mutateBytes(input: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  return random.pick(MUTATIONS)(input, random, other);
}

function edited(input: Uint8Array, random: Random, edit: (byte: number) => number): Uint8Array {
  if (input.length === 0) return random.bytes(1);
  const copy = Uint8Array.from(input);
  const at = random.below(copy.length);
  copy[at] = edit(copy[at] ?? 0);
  return copy;
}

function inserted(input: Uint8Array, random: Random, text: string): Uint8Array {
  const at = random.below(input.length + 1);
  // In place of as many octets, now and then: fields keep their places.
  const end = random.once(4) ? Math.min(input.length, at + text.length) : at;
  return Buffer.concat([input.subarray(0, at), Buffer.from(text), input.subarray(end)]);
}
