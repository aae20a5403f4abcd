export { atOnce } from './at-once.ts';
export { CodedError, errorsOf, isCoded, messageOf } from './errors.ts';
export type { Fetch, FetchBody, FetchInit, FetchResponse } from './fetch-type.ts';
export { Secret } from './secret.ts';
export { type Unverified, unverified } from './trust-types.ts';
