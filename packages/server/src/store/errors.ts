import { errorsOf } from '@waybill/core';
import type { ProblemMap } from '../ground/index.ts';

export const STORE_PROBLEMS = {
  store_not_found: { status: 500, title: 'Stored bytes are missing' },
  store_too_large: { status: 413, title: 'Blob too large' },
  store_corrupt: { status: 500, title: 'Stored bytes changed' },
} as const satisfies ProblemMap;

export type StoreCode = keyof typeof STORE_PROBLEMS;

export const storeError = errorsOf<StoreCode>();
