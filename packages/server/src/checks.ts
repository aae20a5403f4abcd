/** What the threads of checks can do, for all rooms. Each thread loads this, so the modules here stay small. */
import { tasks as attestation } from './attestation/examine.ts';
import { tasks as tlog } from './tlog/check-request.ts';

const tasks = { ...attestation, ...tlog } as const;
export type CheckTasks = typeof tasks;

export const openTasks = (): CheckTasks => tasks;
