import type { RegoVersion } from '../syntax/ast.ts';

/** The versions in which the formatted module must mean the same. */
export interface Target {
  readonly min: RegoVersion;
  readonly max: RegoVersion;
}
