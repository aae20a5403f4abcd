import { Fields, parseJson } from '../../bytes/index.ts';
import { CodedError } from '../../errors.ts';
import { type MaterialReader, type ReaderFacts, readText } from '../reader.ts';

/** Any file. JSON of the form `{id, data, schema?}` says what it is evidence of. */
export const evidenceReader: MaterialReader = {
  kind: 'EVIDENCE',
  next: '',
  validate: ({ bytes }) => {
    try {
      return describe(new Fields(parseJson(readText(bytes)), 'evidence'));
    } catch (error) {
      // Evidence of any other form is as good; it only describes itself less.
      if (error instanceof CodedError) return {};
      throw error;
    }
  },
};

function describe(document: Fields): ReaderFacts {
  const id = document.optionalString('chainloop.material.evidence.id') ?? document.optionalString('id');
  if (!id || !document.has('data')) return {};
  const schema = document.optionalString('schema');
  return { annotations: { 'evidence.id': id, ...(schema ? { 'evidence.schema': schema } : {}) } };
}
