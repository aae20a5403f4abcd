import type { RunChange } from '@waybill/core/intoto';
import type { RunnerType } from '@waybill/core/runner';

/** Where the program runs: its environment, and whether a path is there. */
export interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly exists: (path: string) => boolean;
}

/** One CI system: how it is recognised. Which of its variables a run records stands in core's `variablesOf`. */
export interface CiProvider {
  /** Runner type as contracts name it; GENERIC for what no contract can demand. */
  readonly type: RunnerType | 'GENERIC';
  detect(place: Place): boolean;
  /** Page of this run in the CI system. */
  url(env: NodeJS.ProcessEnv): string | undefined;
  /** The pull or merge request that this run is about; undefined where it is about none. */
  change?(env: NodeJS.ProcessEnv): RunChange | undefined;
}
