/** What a verified verdict of a Waybill server says beside the fields of SLSA: docs/reference/verdict.md. */
import type { PolicyJudgement } from '@waybill/api';
import { CodedError } from '@waybill/core';
import { Fields, type Json, quoted } from '@waybill/core/bytes';
import { policyText } from './receipt-text.ts';

const OUTCOMES = ['holds', 'fails', 'not applicable', 'undetermined'] as const;
const CAUSES = ['evidence missing', 'error', 'deadline'] as const;

/**
 * Each policy about each piece of evidence, as `waybill_policies` has it; null: the verdict says nothing of policies,
 * which those of other verifiers and of older servers do not. Throws `shape_invalid`, also for an outcome that none is.
 */
export function judgedPolicies(predicate: Json): readonly PolicyJudgement[] | null {
  const fields = new Fields(predicate, 'predicate');
  return fields.has('waybill_policies') ? fields.objects('waybill_policies').map(readJudgement) : null;
}

function readJudgement(fields: Fields): PolicyJudgement {
  const text = (key: 'digest' | 'material' | 'materialDigest' | 'reason') => {
    const value = fields.optionalString(key);
    return value === undefined ? {} : { [key]: value };
  };
  const cause = fields.optionalString('cause');
  return {
    name: fields.string('name'),
    outcome: known(fields, 'outcome', OUTCOMES),
    ...text('digest'),
    ...text('material'),
    ...text('materialDigest'),
    ...(fields.has('advisory') ? { advisory: fields.boolean('advisory') } : {}),
    ...(cause === undefined ? {} : { cause: known(fields, 'cause', CAUSES) }),
    ...text('reason'),
  };
}

function known<T extends string>(fields: Fields, key: string, words: readonly T[]): T {
  const found = fields.string(key);
  const word = words.find((one) => one === found);
  if (word !== undefined) return word;
  throw new CodedError(
    'shape_invalid',
    `${fields.at}.${key}: expected one of ${words.join(', ')}, found ${quoted(found)}`,
  );
}

/** For a listing: one row for each. */
export function policyRows(policies: readonly PolicyJudgement[] | null): [string, string][] {
  return (policies ?? []).map((one) => ['policy', `${policyText(one)}${one.advisory ? ' (advisory)' : ''}`]);
}
