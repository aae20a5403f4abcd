/** Keys that sign: from a file or an environment variable, or made for one signature. */

export { generateEphemeralKey } from './ephemeral-key.ts';
export { type KeyCode, keyError } from './errors.ts';
export { type LoadKeyOptions, loadKey } from './load-key.ts';
export type { SigningKey } from './signing-key.ts';
