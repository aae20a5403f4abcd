/** What crosses between the main thread and another: plain data, as structured clone carries it. */
import { CodedError, isCoded } from '@waybill/core';

/** Pure functions over plain data, by name. Each is run to its end before the next one of the same thread. */
export type Tasks = Readonly<Record<string, (input: never) => unknown>>;

/** Makes the tasks of a thread, once, from the data that it was started with. */
export type OpenTasks = (data: never) => Tasks;

/** Orders and answers travel by the handful: a message costs as much as a small check. */
export interface Order {
  readonly id: number;
  readonly task: string;
  readonly input: unknown;
}

/** An error as data: classes do not cross. */
export interface Fault {
  /** null: not one that was foreseen. */
  readonly code: string | null;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type Answer =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly fault: Fault };

export function faultOf(error: unknown): Fault {
  if (isCoded(error)) return { code: error.code, message: error.message, detail: error.detail };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: null, message: text, detail: {} };
}

export function errorOf({ code, message, detail }: Fault): Error {
  return code === null ? new Error(message) : new CodedError(code, message, { detail });
}
