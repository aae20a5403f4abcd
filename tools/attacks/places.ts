/** Where defences and tests stand that rows of several subjects name. */
export const SERVER = 'packages/server/src';
export const TESTS = 'packages/server/test';
export const HOSTILE = `${SERVER}/attestation/hostile.test.ts`;
export const ROUTES = `${TESTS}/routes.test.ts`;
export const JWT = `${SERVER}/identity/identity-token.test.ts`;
export const VERIFY_TOKEN = `${SERVER}/identity/verify-token.ts`;
export const TOKENS = `${SERVER}/identity/tokens.test.ts`;
export const BODIES = `${TESTS}/bodies.test.ts`;
export const HTTP = `${SERVER}/ground/http/http.ts`;
