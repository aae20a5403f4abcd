import { errorsOf } from '@waybill/core';

export const GATE_PROBLEMS = {
  gate_decision_not_found: { status: 404, title: 'No such decision' },
  gate_undecided: { status: 500, title: 'The gate could not decide' },
} as const;

export type GateCode = keyof typeof GATE_PROBLEMS;

export const gateError = errorsOf<GateCode>();
