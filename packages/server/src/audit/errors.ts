import { CodedError } from '@waybill/core';

export const AUDIT_PROBLEMS = {
  audit_not_anchored: { status: 404, title: 'Not anchored yet' },
} as const;

export type AuditCode = keyof typeof AUDIT_PROBLEMS;

export function auditError(code: AuditCode, message: string): CodedError<AuditCode> {
  return new CodedError(code, message);
}
