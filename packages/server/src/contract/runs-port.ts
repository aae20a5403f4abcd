import type { RunState } from '@waybill/api';
import type { Tx } from '../ground/index.ts';

/** What became of a workflow's runs. */
export interface WorkflowRuns {
  readonly runs: number;
  /** The newest; null before the first. */
  readonly lastRun: { readonly id: string; readonly state: RunState; readonly startedAt: Date } | null;
}

/**
 * The runs of workflows, in their order, as far as the transaction sees them. Runs belong to a later room, which
 * main.ts hands in; this one knows no table of theirs.
 */
export type CountRuns = (
  tx: Tx,
  workflows: readonly { readonly project: string; readonly name: string }[],
  now: Date,
) => Promise<readonly WorkflowRuns[]>;
