/** A client of TUF repositories (tuf-js), over a `fetch` of the caller's. */
export type { TufClientCode } from './errors.ts';
export { type Mirror, type MirrorOptions, openMirror } from './open-mirror.ts';
