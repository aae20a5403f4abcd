import type { RunnerType } from '@waybill/core/runner';

/** One CI system: how it is recognised. Which of its variables a run records stands in core's `variablesOf`. */
export interface CiProvider {
  /** Runner type as contracts name it; GENERIC for what no contract can demand. */
  readonly type: RunnerType | 'GENERIC';
  detect(env: NodeJS.ProcessEnv): boolean;
  /** Page of this run in the CI system. */
  url(env: NodeJS.ProcessEnv): string | undefined;
}
