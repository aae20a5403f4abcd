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
