import { type Static, Type } from 'typebox';
import { DigestText, DocumentFinding, Name, Time } from './common.ts';

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
  },
  { additionalProperties: false },
);
export type ApplyContract = Static<typeof ApplyContract>;

export const AppliedContract = Type.Object({
  name: Name,
  revision: Type.Integer(),
  digest: DigestText,
  /** False when the newest revision already has this digest. */
  changed: Type.Boolean(),
  warnings: Type.Array(DocumentFinding),
});
export type AppliedContract = Static<typeof AppliedContract>;

export const ContractSummary = Type.Object({
  name: Name,
  description: Type.String(),
  revision: Type.Integer(),
  digest: DigestText,
  updatedAt: Time,
  workflows: Type.Integer(),
});
export type ContractSummary = Static<typeof ContractSummary>;

export const ContractList = Type.Object({ contracts: Type.Array(ContractSummary) });
export type ContractList = Static<typeof ContractList>;

export const ContractDetail = Type.Object({
  name: Name,
  description: Type.String(),
  revision: Type.Integer(),
  digest: DigestText,
  createdAt: Time,
  /** The document as it was applied, byte for byte. */
  document: Type.String(),
  /** The normalised contract (core/contract `Contract`). */
  contract: Type.Unknown(),
  revisions: Type.Array(Type.Object({ revision: Type.Integer(), digest: DigestText, createdAt: Time })),
});
export type ContractDetail = Static<typeof ContractDetail>;
