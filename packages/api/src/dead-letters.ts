import { type Static, Type } from 'typebox';
import { Id, Time } from './common.ts';

/** An event that a follower of the server could not take in any of its attempts. */
export const DeadLetter = Type.Object({
  id: Id,
  follower: Type.String(),
  eventId: Type.Integer(),
  type: Type.String(),
  attempts: Type.Integer(),
  /** Why the last attempt failed. */
  code: Type.String(),
  message: Type.String(),
  firstFailedAt: Time,
  lastFailedAt: Time,
  /** Another attempt was asked for and is not made yet. */
  retrying: Type.Boolean(),
});
export type DeadLetter = Static<typeof DeadLetter>;

/** GET /waybill/v1/dead-letters: the newest failure first, 200 at most. */
export const DeadLetterList = Type.Object({ deadLetters: Type.Array(DeadLetter) });
export type DeadLetterList = Static<typeof DeadLetterList>;
