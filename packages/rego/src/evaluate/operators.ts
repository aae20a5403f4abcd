/** Operators that are computed in place, as most bodies consist of them. */
import { compare, equal } from '../values/order.ts';
import type { Compute } from './code.ts';

/** `general` is the built-in itself, for all operands but the frequent ones. */
type Inline = (a: Compute, b: Compute, general: Compute) => Compute;

const comparison =
  (holds: (order: number) => boolean): Inline =>
  (a, b) =>
  (machine, frame) => {
    const x = a(machine, frame);
    const y = b(machine, frame);
    return x === undefined || y === undefined ? undefined : holds(compare(x, y));
  };

const arithmetic =
  (operate: (x: number, y: number) => number): Inline =>
  (a, b, general) =>
  (machine, frame) => {
    const x = a(machine, frame);
    const y = b(machine, frame);
    if (typeof x === 'number' && typeof y === 'number' && Number.isInteger(x) && Number.isInteger(y)) {
      const result = operate(x, y);
      // `+ 0`: JavaScript's -0 is no number of Rego's.
      if (Number.isSafeInteger(result)) return result + 0;
    }
    return general(machine, frame);
  };

export const INLINE: ReadonlyMap<string, Inline> = new Map<string, Inline>([
  [
    'equal',
    (a, b) => (machine, frame) => {
      const x = a(machine, frame);
      const y = b(machine, frame);
      return x === undefined || y === undefined ? undefined : equal(x, y);
    },
  ],
  [
    'neq',
    (a, b) => (machine, frame) => {
      const x = a(machine, frame);
      const y = b(machine, frame);
      return x === undefined || y === undefined ? undefined : !equal(x, y);
    },
  ],
  ['lt', comparison((order) => order < 0)],
  ['lte', comparison((order) => order <= 0)],
  ['gt', comparison((order) => order > 0)],
  ['gte', comparison((order) => order >= 0)],
  ['plus', arithmetic((x, y) => x + y)],
  ['minus', arithmetic((x, y) => x - y)],
  ['mul', arithmetic((x, y) => x * y)],
]);
