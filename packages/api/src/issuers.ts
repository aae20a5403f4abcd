import { type Static, Type } from 'typebox';
import { Time } from './common.ts';

/** What the tokens of an issuer say, and what they name. */
export const IssuerKind = Type.Union([
  Type.Literal('github'),
  Type.Literal('gitlab'),
  Type.Literal('buildkite'),
  Type.Literal('codefresh'),
  Type.Literal('circleci'),
  Type.Literal('email'),
  Type.Literal('username'),
  Type.Literal('uri'),
  Type.Literal('spiffe'),
  Type.Literal('kubernetes'),
]);
export type IssuerKind = Static<typeof IssuerKind>;

const fields = {
  /** As its tokens state it in `iss`. */
  url: Type.String({ minLength: 1, maxLength: 500 }),
  kind: IssuerKind,
  /** Of the kinds `uri` (with scheme) and `username` (without): the domain that subjects belong to. */
  subjectDomain: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
  /** Of the kind `spiffe`. */
  trustDomain: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
};

/** POST /waybill/v1/trust/issuers: tokens of this issuer sign from now on. */
export const AddIssuer = Type.Object(fields, { additionalProperties: false });
export type AddIssuer = Static<typeof AddIssuer>;

export const Issuer = Type.Object({ ...fields, createdAt: Time });
export type Issuer = Static<typeof Issuer>;

export const IssuerList = Type.Object({ issuers: Type.Array(Issuer) });
export type IssuerList = Static<typeof IssuerList>;

/** Issuers that everybody knows. */
export const IssuerPresets = Type.Object({
  presets: Type.Array(Type.Object({ url: Type.String(), kind: IssuerKind })),
});
export type IssuerPresets = Static<typeof IssuerPresets>;
