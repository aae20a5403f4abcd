/** Parsers with faults, by which the fuzzer itself is tested. */
import { CodedError } from '@waybill/core';
import { type Target, textOf } from './target.ts';

const refused = () => new CodedError('json_invalid', 'refused');
const kept: Uint8Array[] = [];
let turn = 0;

const SEED = '{"level":1,"name":"abc"}';
const base = { seeds: () => [SEED], codes: ['json_invalid'], costMicros: 10 } as const;

export const TARGETS: readonly Target[] = [
  {
    ...base,
    name: 'raw',
    call: (input) => {
      if (textOf(input).includes('__proto__')) return (undefined as unknown as string).length;
      throw refused();
    },
  },
  {
    ...base,
    name: 'undeclared',
    call: () => {
      throw new CodedError('bytes_utf8', 'not the code that it says');
    },
  },
  {
    ...base,
    name: 'slow',
    call: (input) => {
      const { user } = process.threadCpuUsage();
      while (input.length > 40 && process.threadCpuUsage().user - user < 1_100_000);
    },
  },
  {
    ...base,
    name: 'hang',
    call: (input) => {
      while (input.length > 40);
    },
  },
  {
    ...base,
    name: 'memory',
    call: (input) => {
      const all: object[] = [];
      while (input.length > 40) all.push({ at: all.length });
    },
  },
  {
    ...base,
    name: 'leak',
    call: () => {
      kept.push(new Uint8Array(200_000));
    },
  },
  { ...base, name: 'unsteady', call: () => turn++ },
  {
    ...base,
    name: 'check',
    call: (input) => input.length,
    check: (length) => {
      if (length === 3) throw new Error('3');
    },
  },
  {
    ...base,
    name: 'long',
    call: (input) => {
      throw new CodedError('json_invalid', 'x'.repeat(input.length * 1000));
    },
  },
  {
    ...base,
    name: 'fine',
    call: () => {
      throw refused();
    },
  },
];
