import { type Static, Type } from 'typebox';
import { DigestText, Id, Name, Time } from './common.ts';

/** POST /waybill/v1/gate/decisions: may this artifact pass here? */
export const AskDecision = Type.Object(
  {
    subject: Type.Object(
      {
        digest: DigestText,
        /** `host/repository[:tag]` or a file name; recorded, never decided on. */
        name: Type.Optional(Type.String({ maxLength: 1000 })),
      },
      { additionalProperties: false },
    ),
    context: Type.Object(
      {
        /** The contract under which the artifact must have PASSED. */
        contract: Name,
        /** Where the question comes from (cluster, pipeline, host); recorded. */
        place: Type.Optional(Type.String({ maxLength: 200 })),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type AskDecision = Static<typeof AskDecision>;

export const DecisionReason = Type.Object({ code: Type.String(), message: Type.String() });
export type DecisionReason = Static<typeof DecisionReason>;

export const Decision = Type.Object({
  id: Id,
  outcome: Type.Union([Type.Literal('allow'), Type.Literal('deny'), Type.Literal('error')]),
  reasons: Type.Array(DecisionReason),
  subject: Type.Object({ digest: DigestText, name: Type.Optional(Type.String()) }),
  context: Type.Object({ contract: Type.String(), place: Type.Optional(Type.String()) }),
  /** The verdict that carried the decision. */
  evidence: Type.Union([
    Type.Object({ runId: Id, vsaDigest: DigestText, logIndex: Type.Integer() }),
    Type.Null(),
  ]),
  decidedAt: Time,
  /** The earliest moment at which time alone can change the decision; null when none can. */
  validUntil: Type.Union([Time, Type.Null()]),
});
export type Decision = Static<typeof Decision>;
