import { type Static, Type } from 'typebox';

/** Names of projects, workflows, contracts, tokens: a DNS label. */
export const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';

export const Name = Type.String({ pattern: NAME_PATTERN, minLength: 1, maxLength: 63 });
export const Id = Type.String({ format: 'uuid' });
/** RFC 3339, UTC. */
export const Time = Type.String({ format: 'date-time' });
export const DigestText = Type.String({ pattern: '^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$' });

/** Number of an immutable revision, from 1; what the database's integer holds. */
export const RevisionNumber = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

/** RFC 9457 with our stable `code`. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    instance: Type.Optional(Type.String()),
  },
  { $id: 'Problem', additionalProperties: true },
);
export type Problem = Static<typeof Problem>;

/** Something found wrong, by the step of the recipe that found it. */
export const Finding = Type.Object({
  step: Type.String(),
  code: Type.String(),
  message: Type.String(),
  material: Type.Optional(Type.String()),
  /** True: it is told, and a run passes all the same. */
  advisory: Type.Optional(Type.Boolean()),
});
export type Finding = Static<typeof Finding>;

/** One policy of the contract about one piece of evidence. */
export const PolicyJudgement = Type.Object({
  /** Of the policy, or how the contract refers to it. */
  name: Type.String(),
  /** Of its document in the contract, as canonical JSON (RFC 8785); absent when it does not stand there. */
  digest: Type.Optional(DigestText),
  /** Absent: the statement itself, or nothing that the run has. */
  material: Type.Optional(Type.String()),
  materialDigest: Type.Optional(DigestText),
  /** True: a run passes whatever the outcome. */
  advisory: Type.Optional(Type.Boolean()),
  outcome: Type.Union([
    Type.Literal('holds'),
    Type.Literal('fails'),
    Type.Literal('not applicable'),
    Type.Literal('undetermined'),
  ]),
  /** Of `undetermined`. */
  cause: Type.Optional(
    Type.Union([Type.Literal('evidence missing'), Type.Literal('error'), Type.Literal('deadline')]),
  ),
  /** Of `not applicable` and `undetermined`. */
  reason: Type.Optional(Type.String()),
});
export type PolicyJudgement = Static<typeof PolicyJudgement>;

/** A remark on a document: where, what, and what was probably meant. */
export const DocumentFinding = Type.Object({
  line: Type.Integer(),
  column: Type.Integer(),
  path: Type.String(),
  message: Type.String(),
  suggestion: Type.Optional(Type.String()),
});
export type DocumentFinding = Static<typeof DocumentFinding>;

/** Page of a list: `limit` items at most, `next` is the cursor of the following page. */
export const PageQuery = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  cursor: Type.Optional(Type.String({ maxLength: 200 })),
});
export type PageQuery = Static<typeof PageQuery>;
