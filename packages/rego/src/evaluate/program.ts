/** Everything that is compiled: the same for all evaluations. */
import type { Builtin } from '../builtins/builtin.ts';
import type { RuleGroup } from '../plan/tree.ts';
import type { Location } from '../syntax/ast.ts';
import type { Value } from '../values/value.ts';
import type { Machine } from './machine.ts';

export interface CompiledRule {
  readonly group: RuleGroup;
  /** The whole document of a rule that is no function. */
  evaluate(machine: Machine): Value | undefined;
  /** Of a document with several keys: the part that the first key gives, where that is cheaper; else the whole. */
  evaluateFor(machine: Machine, key: Value): Value | undefined;
  call(machine: Machine, args: readonly Value[]): Value | undefined;
}

export interface Program {
  /** By the numbers of the rules. Filled when all are compiled. */
  readonly rules: readonly CompiledRule[];
  readonly builtins: ReadonlyMap<string, Builtin>;
  /** The places of all expressions that an observer is told of; none unless `isObserved`. */
  readonly observed: Location[];
  readonly isObserved: boolean;
  /** A number of its own in the caches of an evaluation. */
  newCacheId(): number;
}
