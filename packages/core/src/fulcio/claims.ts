/** Reading claims, as strict as Fulcio's own structures are about their types. */
import type { Json } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import type { Claims } from './claim-text.ts';

export type { Claims } from './claim-text.ts';

/**
 * The claim of that name. Go's JSON finds it in any case of letters too, and takes the last; here a second spelling is
 * refused: where somebody may add claims of their own, `Email` would stand in for `email`.
 */
export function claimOf(claims: Claims, name: string): Json | undefined {
  const spelt = Object.keys(claims).filter((key) => key.toLowerCase() === name);
  const [key, ...others] = spelt;
  if (others.length > 0)
    throw refused(`the claim ${name} stands there in two spellings: ${spelt.join(', ')}`);
  return key === undefined ? undefined : claims[key];
}

/** Empty when it is absent or null. Throws `fulcio_token_refused` for a claim of another type. */
export function textClaim(claims: Claims, name: string): string {
  const value = claimOf(claims, name) ?? '';
  if (typeof value !== 'string') throw refused(`expected text in the claim ${name}`);
  return value.toWellFormed();
}

/** Throws `fulcio_token_refused` for one that is absent or empty. */
export function requiredClaim(claims: Claims, name: string): string {
  const value = textClaim(claims, name);
  if (value === '') throw refused(`it lacks the claim ${name}`);
  return value;
}

/** True and false, also as text, in two spellings. Throws `fulcio_token_refused` for anything else. */
export function booleanClaim(claims: Claims, name: string): boolean {
  const value = claimOf(claims, name) ?? false;
  if (value === true || value === 'true' || value === 'True') return true;
  if (value === false || value === 'false' || value === 'False') return false;
  throw refused(`expected true or false in the claim ${name}`);
}

/** An object; empty when it is absent or null. Throws `fulcio_token_refused`. */
export function objectClaim(claims: Claims, name: string): Claims {
  const value = claimOf(claims, name) ?? {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw refused(`expected an object in the claim ${name}`);
  return value as Claims;
}

export function refused(reason: string): CodedError<'fulcio_token_refused'> {
  return new CodedError(
    'fulcio_token_refused',
    `The identity token names nobody here: ${reason.slice(0, 500)}.`,
  );
}
