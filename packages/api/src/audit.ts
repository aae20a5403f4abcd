import type { Json } from '@waybill/core/bytes';
import { type Static, Type } from 'typebox';
import { DigestText, Time } from './common.ts';

const Outcome = Type.Union([Type.Literal('ok'), Type.Literal('refused'), Type.Literal('failed')]);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** A row of the audit trail, as it is chained: docs/reference/audit.md. */
const AuditEntryFields = {
  id: Type.Integer(),
  at: Time,
  /** Id of the organisation. */
  organization: Type.Union([Type.String(), Type.Null()]),
  actor: Type.String(),
  action: Type.String(),
  target: Type.String(),
  outcome: Outcome,
  detail: Type.Unsafe<Json>({ description: 'facts of the action, or null' }),
  requestId: Type.Union([Type.String(), Type.Null()]),
};

const AuditLinkFields = { sequence: Type.Integer(), hash: DigestText };

/** GET /waybill/v1/audit */
export const AuditList = Type.Object({
  rows: Type.Array(
    Type.Object({
      ...AuditEntryFields,
      /** Its place in the chain; null until it has one. */
      link: Type.Union([Type.Object(AuditLinkFields), Type.Null()]),
    }),
  ),
  /** The following `before`. */
  next: Type.Union([Type.Integer(), Type.Null()]),
});
export type AuditList = Static<typeof AuditList>;

export const AuditQuery = Type.Object(
  {
    action: Type.Optional(Type.String({ maxLength: 100 })),
    actor: Type.Optional(Type.String({ maxLength: 200 })),
    outcome: Type.Optional(Outcome),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    before: Type.Optional(Count),
  },
  { additionalProperties: false },
);
export type AuditQuery = Static<typeof AuditQuery>;

/** GET /waybill/v1/audit/chain */
export const AuditChain = Type.Object({
  links: Type.Array(
    Type.Object({
      ...AuditLinkFields,
      /** null when the row is gone. */
      entry: Type.Union([Type.Object(AuditEntryFields), Type.Null()]),
    }),
  ),
  /** The following `after`. */
  next: Type.Union([Type.Integer(), Type.Null()]),
});
export type AuditChain = Static<typeof AuditChain>;

export const AuditChainQuery = Type.Object(
  {
    after: Type.Optional(Count),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  },
  { additionalProperties: false },
);
export type AuditChainQuery = Static<typeof AuditChainQuery>;

/** GET /waybill/v1/audit/anchor */
export const AuditAnchorDocument = Type.Object({
  sequence: Type.Integer(),
  logIndex: Type.Integer(),
  anchoredAt: Time,
  /** A Sigstore bundle: the statement signed by the server, with its log entry. */
  bundle: Type.String(),
});
export type AuditAnchorDocument = Static<typeof AuditAnchorDocument>;

/** GET /waybill/v1/audit/verify */
export const AuditVerification = Type.Object({
  intact: Type.Boolean(),
  /** Rows of the organisation; those of the last moments may not be chained yet. */
  rows: Type.Integer(),
  chained: Type.Integer(),
  /** As far as the newest anchor reaches; 0 when there is none. */
  anchored: Type.Integer(),
  head: Type.Union([DigestText, Type.Null()]),
  /** What was found first. */
  finding: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
});
export type AuditVerification = Static<typeof AuditVerification>;
