import { Fields, quoted } from '../bytes/index.ts';
import { hexOf, parseDigest } from '../digest/index.ts';
import { CodedError } from '../errors.ts';
import { formatStatement, STATEMENT_TYPE_V1, type Statement } from '../intoto/index.ts';
import type { Verified } from '../verify/index.ts';
import type { ChainHead } from './chain.ts';

/** The head of an organisation's audit chain at a moment, signed by the server and logged. */
export const AUDIT_ANCHOR_TYPE = 'https://waybill.dev/audit/anchor/v1';

export interface AuditAnchor {
  /** Id of the organisation; null for the chain of what belongs to none. */
  readonly organization: string | null;
  readonly head: ChainHead;
}

export function formatAnchor({ organization, head }: AuditAnchor): Uint8Array {
  const { sequence, hash } = head;
  return formatStatement({
    type: STATEMENT_TYPE_V1,
    subject: [{ name: `audit:${organization ?? 'none'}:${sequence}`, digest: { sha256: hexOf(hash) } }],
    predicateType: AUDIT_ANCHOR_TYPE,
    predicate: { organization, sequence, head: hash },
  });
}

/** Throws `audit_anchor_invalid`, `shape_invalid`, `digest_invalid`. */
export function readAnchor(statement: Verified<Statement>): AuditAnchor {
  const { predicateType, predicate } = statement.value;
  if (predicateType !== AUDIT_ANCHOR_TYPE) {
    throw new CodedError(
      'audit_anchor_invalid',
      `an anchor of the audit trail has the predicate type ${AUDIT_ANCHOR_TYPE}, found ${quoted(predicateType)}`,
    );
  }
  const fields = new Fields(predicate, 'predicate');
  return {
    organization: fields.optionalString('organization') ?? null,
    head: {
      sequence: fields.integer('sequence'),
      hash: parseDigest(fields.string('head'), 'predicate.head'),
    },
  };
}

/** Throws `audit_anchor_mismatch` unless the chain, as far as it was computed, holds what was anchored. */
export function checkAnchor(anchored: ChainHead, computed: ChainHead | null): void {
  if (computed?.sequence === anchored.sequence && computed.hash === anchored.hash) return;
  const found =
    computed === null || computed.sequence < anchored.sequence
      ? `it ends at ${computed?.sequence ?? 0}`
      : `there it has ${computed.hash}`;
  throw new CodedError(
    'audit_anchor_mismatch',
    `audit trail: entry ${anchored.sequence} was anchored in the log as ${anchored.hash}, but ${found}: the chain was written anew after that`,
  );
}
