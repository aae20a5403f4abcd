import { type Static, Type } from 'typebox';
import { Id, Name, Time } from './common.ts';

export const Role = Type.Union([
  Type.Literal('owner'),
  Type.Literal('admin'),
  Type.Literal('member'),
  Type.Literal('viewer'),
  // Of one workflow: pushes its runs, and nothing else.
  Type.Literal('robot'),
]);
export type Role = 'owner' | 'admin' | 'member' | 'viewer' | 'robot';

export const Scope = Type.Union([
  Type.Object({ type: Type.Literal('organization') }, { additionalProperties: false }),
  Type.Object({ type: Type.Literal('project'), project: Name }, { additionalProperties: false }),
  Type.Object(
    { type: Type.Literal('workflow'), project: Name, workflow: Name },
    { additionalProperties: false },
  ),
]);
export type Scope = Static<typeof Scope>;

/** GET /waybill/v1/me */
export const Me = Type.Object({
  organization: Type.String(),
  token: Type.Object({ id: Id, name: Type.String() }),
  role: Role,
  scope: Scope,
});
export type Me = Static<typeof Me>;

/** GET /waybill/v1/info: public facts a client needs before it has a token. */
export const ServerInfo = Type.Object({
  version: Type.String(),
  url: Type.String(),
  /** URL of the built-in OIDC issuer. */
  issuer: Type.String(),
  /** SAN of the certificate with which this server signs its verdicts. */
  verifier: Type.String(),
});
export type ServerInfo = Static<typeof ServerInfo>;

export const Token = Type.Object({
  id: Id,
  name: Name,
  role: Role,
  scope: Scope,
  createdAt: Time,
  expiresAt: Type.Union([Time, Type.Null()]),
  lastUsedAt: Type.Union([Time, Type.Null()]),
  revokedAt: Type.Union([Time, Type.Null()]),
  /** A robot account that was rotated; it is good until `expiresAt` unless it was revoked. */
  replacedAt: Type.Union([Time, Type.Null()]),
  /** Of a trusted pipeline, which has no secret: who issues its tokens. */
  issuer: Type.Union([Type.String(), Type.Null()]),
});
export type Token = Static<typeof Token>;

const ExpiresInSeconds = Type.Integer({ minimum: 60, maximum: 10 * 366 * 86_400 });

/** POST /waybill/v1/tokens */
export const CreateToken = Type.Object(
  {
    name: Name,
    role: Role,
    scope: Type.Optional(Scope),
    /** Seconds from now; without it the token does not expire. */
    expiresInSeconds: Type.Optional(ExpiresInSeconds),
  },
  { additionalProperties: false },
);
export type CreateToken = Static<typeof CreateToken>;

/** The only answer that carries the token itself. */
export const CreatedToken = Type.Object({ token: Token, secret: Type.String() });
export type CreatedToken = Static<typeof CreatedToken>;

export const TokenList = Type.Object({ tokens: Type.Array(Token) });
export type TokenList = Static<typeof TokenList>;

/** POST /waybill/v1/workflows/{project}/{name}/robot-accounts */
export const CreateRobotAccount = Type.Object(
  { name: Name, expiresInSeconds: Type.Optional(ExpiresInSeconds) },
  { additionalProperties: false },
);
export type CreateRobotAccount = Static<typeof CreateRobotAccount>;

/** POST /waybill/v1/workflows/{project}/{name}/robot-accounts/{account}/rotate */
export const RotateRobotAccount = Type.Object(
  {
    /** How long the old secret is good beside the new one; not at all unless told. */
    graceSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 30 * 86_400 })),
    /** Of the new one; the length of the old one's life unless told. */
    expiresInSeconds: Type.Optional(ExpiresInSeconds),
  },
  { additionalProperties: false },
);
export type RotateRobotAccount = Static<typeof RotateRobotAccount>;

const Pattern = Type.String({ minLength: 1, maxLength: 500 });

/** What kind of CI system an issuer belongs to; its address says so for the public ones. */
const PipelineCi = Type.Union([
  Type.Literal('github'),
  Type.Literal('gitlab'),
  Type.Literal('circleci'),
  Type.Literal('buildkite'),
  Type.Literal('jenkins'),
  Type.Literal('azure'),
  Type.Literal('kubernetes'),
]);

const trustFields = {
  /** As its tokens state it in `iss`. */
  issuer: Type.String({ minLength: 1, maxLength: 500 }),
  /** Of `sub`; `*` is a whole part between `:`, `/`, `@` and `|`, or the rest at the end. */
  subject: Pattern,
};

/** POST /waybill/v1/workflows/{project}/{name}/trusts: jobs with such tokens push runs of the workflow from now on. */
export const AddTrust = Type.Object(
  {
    name: Type.Optional(Name),
    ...trustFields,
    /** `<public URL>/<organisation>` unless told. */
    audience: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    /** Claim by claim the pattern of its value, as that of `subject`. */
    claims: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Pattern, { maxProperties: 20 })),
    ci: Type.Optional(PipelineCi),
    expiresInSeconds: Type.Optional(ExpiresInSeconds),
  },
  { additionalProperties: false },
);
export type AddTrust = Static<typeof AddTrust>;

export const Trust = Type.Object({
  id: Id,
  name: Name,
  ...trustFields,
  audience: Type.String(),
  claims: Type.Record(Type.String(), Type.String()),
  ci: Type.Union([PipelineCi, Type.Null()]),
  createdAt: Time,
  expiresAt: Type.Union([Time, Type.Null()]),
  lastUsedAt: Type.Union([Time, Type.Null()]),
});
export type Trust = Static<typeof Trust>;

/** Oldest first. */
export const TrustList = Type.Object({ trusts: Type.Array(Trust) });
export type TrustList = Static<typeof TrustList>;

/** Retired: what a timestamp proves to be signed before still counts. Compromised: nothing does. */
const Revocation = Type.Union([Type.Literal('retired'), Type.Literal('compromised')]);

const KeyParts = {
  publicKey: Type.String({ maxLength: 10_000 }),
  /** Where a key service keeps the private half; never asked by the server. */
  reference: Type.Optional(Type.String({ maxLength: 512 })),
};

export const Key = Type.Object({
  name: Name,
  publicKey: Type.String(),
  /** SHA-256 of the SubjectPublicKeyInfo. */
  fingerprint: Type.String(),
  /** Where a key service keeps the private half: `awskms:///…`; contracts may name it in place of `name`. */
  reference: Type.Union([Type.String(), Type.Null()]),
  createdAt: Time,
  /** Of a key that has a successor: until then both count. */
  validUntil: Type.Union([Time, Type.Null()]),
  revokedAt: Type.Union([Time, Type.Null()]),
  revocation: Type.Union([Revocation, Type.Null()]),
  /** Of a compromised key: what was signed and judged before still counts; null: nothing. */
  compromisedSince: Type.Union([Time, Type.Null()]),
});
export type Key = Static<typeof Key>;

/** POST /waybill/v1/keys: a public key that contracts may name as signer `urn:waybill:key` / `<name>`. */
export const AddKey = Type.Object({ name: Name, ...KeyParts }, { additionalProperties: false });
export type AddKey = Static<typeof AddKey>;

/** POST /waybill/v1/keys/{name}/rotate: a successor under the same name. */
export const RotateKey = Type.Object(
  {
    ...KeyParts,
    /** How long the former key counts beside it. */
    overlapSeconds: Type.Integer({ minimum: 0, maximum: 366 * 24 * 60 * 60 }),
  },
  { additionalProperties: false },
);
export type RotateKey = Static<typeof RotateKey>;

/** POST /waybill/v1/keys/{name}/revoke */
export const RevokeKey = Type.Object(
  {
    revocation: Revocation,
    /** Which of several keys under the name. */
    fingerprint: Type.Optional(Type.String({ maxLength: 80 })),
    /** Of a compromised key: since when. Without it nothing that it ever signed counts. */
    since: Type.Optional(Time),
  },
  { additionalProperties: false },
);
export type RevokeKey = Static<typeof RevokeKey>;

export const KeyList = Type.Object({ keys: Type.Array(Key) });
export type KeyList = Static<typeof KeyList>;
