import { isStorable, quoted } from '@waybill/core/bytes';
import { contractError } from './errors.ts';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const MAX_NAME = 63;

/** What cannot be a name is not looked up: the database refuses some of it, such as NUL. */
export function isName(text: string): boolean {
  return text.length <= MAX_NAME && NAME.test(text);
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Ids are taken wherever names are, so that no name may look like one: it could stand for a row of another. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** How a row is looked up by what a person gave; null when that can be neither. */
export function nameOrId(text: string): { readonly by: 'id' | 'name'; readonly value: string } | null {
  if (isId(text)) return { by: 'id', value: text };
  return isName(text) ? { by: 'name', value: text } : null;
}

/** A DNS label: names become parts of repository names and of certificates' identities. Throws `contract_name_invalid`. */
export function parseName(text: string, what: string): string {
  if (isId(text)) {
    throw contractError(
      'contract_name_invalid',
      `${what}: ${text} has the form of an id, which no name may have`,
    );
  }
  if (isName(text)) return text;
  throw contractError(
    'contract_name_invalid',
    `${what}: expected 1 to ${MAX_NAME} lower-case letters, digits and hyphens, not at the ends, found ${quoted(text)}`,
  );
}

/** Text that a database can hold. Throws `contract_text_invalid`. */
export function parseText(text: string, what: string): string {
  if (isStorable(text)) return text;
  throw contractError('contract_text_invalid', `${what}: expected text without NUL or half characters`);
}

const VERSION = /^[A-Za-z0-9][-A-Za-z0-9._+]*$/;
const MAX_VERSION = 128;

/** The version of a project, as its people write it: `1.2.0`, `v3`, `2026.11+build.7`. Throws `contract_version_invalid`. */
export function parseVersion(text: string): string {
  if (text.length <= MAX_VERSION && VERSION.test(text)) return text;
  throw contractError(
    'contract_version_invalid',
    `version: expected 1 to ${MAX_VERSION} letters, digits and . _ + -, with a letter or digit first, found ${quoted(text)}`,
  );
}
