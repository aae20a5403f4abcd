import { fromUtf8 } from '../../bytes/index.ts';
import type { MaterialReader } from '../reader.ts';

/** A short text: a version, a commit, a link. Its bytes are the UTF-8 of the value. */
export const stringReader: MaterialReader = {
  kind: 'STRING',
  next: 'Pass text, or use ARTIFACT for binary content',
  validate: ({ bytes }) => {
    fromUtf8(bytes, 'the value');
    return { counts: { bytes: bytes.length } };
  },
};
