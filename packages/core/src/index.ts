export { CodedError, isCoded, messageOf } from './errors.ts';
export { Secret } from './secret.ts';
export { type Unverified, unverified } from './trust-types.ts';
