/**
 * Something parsed from bytes that nobody has verified. Reading it means writing `.claimed`,
 * which says in the code that the value is only a claim: fit to look things up, never to decide.
 */
export interface Unverified<T> {
  readonly claimed: T;
}

export function unverified<T>(claimed: T): Unverified<T> {
  return Object.freeze({ claimed });
}
