/** Keys that sign: from a file or an environment variable, or made for one signature. */
export { type KeyCode, keyError } from './errors.ts';
export { generateEphemeralKey } from './ephemeral-key.ts';
export { loadKey, type LoadKeyOptions } from './load-key.ts';
export type { SigningKey } from './signing-key.ts';
