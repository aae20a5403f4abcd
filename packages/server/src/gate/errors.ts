import { CodedError } from '@waybill/core';

export const GATE_PROBLEMS = {
  gate_decision_not_found: { status: 404, title: 'No such decision' },
} as const;

export type GateCode = keyof typeof GATE_PROBLEMS;

export function gateError(code: GateCode, message: string): CodedError<GateCode> {
  return new CodedError(code, message);
}
