import { type Static, Type } from 'typebox';
import { DigestText, DocumentFinding, Id, Name, Time } from './common.ts';

/** POST /waybill/v1/contracts: creates the contract or its next revision. */
export const ApplyContract = Type.Object(
  {
    /** The document as written: YAML or JSON, v1 or v2. */
    document: Type.String({ minLength: 1, maxLength: 1_000_000 }),
    /** Needed for v1 documents, which carry no name; must agree with the name inside a v2 one. */
    name: Type.Optional(Name),
    /** Unknown keys are errors. */
    strict: Type.Optional(Type.Boolean()),
    /** Shown in messages. */
    filename: Type.Optional(Type.String({ maxLength: 255 })),
    /** From when the revision is in force; at once unless told. */
    activatesAt: Type.Optional(Time),
  },
  { additionalProperties: false },
);
export type ApplyContract = Static<typeof ApplyContract>;

export const AppliedContract = Type.Object({
  name: Name,
  revision: Type.Integer(),
  digest: DigestText,
  /** Null: in force at once. */
  activatesAt: Type.Union([Time, Type.Null()]),
  /** False when the newest revision is this document already. */
  changed: Type.Boolean(),
  warnings: Type.Array(DocumentFinding),
});
export type AppliedContract = Static<typeof AppliedContract>;

/** Number of a revision, null where there is none. */
const MaybeRevision = Type.Union([Type.Integer(), Type.Null()]);
const MaybeTime = Type.Union([Time, Type.Null()]);

export const ContractSummary = Type.Object({
  id: Id,
  name: Name,
  description: Type.String(),
  /** The newest revision. */
  revision: Type.Integer(),
  /** The revision that new runs owe; null before the first one is in force. */
  inForce: MaybeRevision,
  /** From when the newest is in force; null: from when it was applied. */
  activatesAt: MaybeTime,
  digest: DigestText,
  updatedAt: Time,
  workflows: Type.Integer(),
});
export type ContractSummary = Static<typeof ContractSummary>;

export const ContractList = Type.Object({ contracts: Type.Array(ContractSummary) });
export type ContractList = Static<typeof ContractList>;

export const ContractDetail = Type.Object({
  id: Id,
  name: Name,
  description: Type.String(),
  revision: Type.Integer(),
  digest: DigestText,
  createdAt: Time,
  activatesAt: MaybeTime,
  /** The revision that new runs owe; null before the first one is in force. */
  inForce: MaybeRevision,
  /** When it was deleted: no workflow can owe it, and its revisions stay. */
  archivedAt: MaybeTime,
  /** The document as it was applied, byte for byte. */
  document: Type.String(),
  /** The normalised contract (core/contract `Contract`). */
  contract: Type.Unknown(),
  revisions: Type.Array(
    Type.Object({
      revision: Type.Integer(),
      digest: DigestText,
      createdAt: Time,
      activatesAt: MaybeTime,
    }),
  ),
});
export type ContractDetail = Static<typeof ContractDetail>;
