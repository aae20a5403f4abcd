import { Fields, parseJson } from '../../bytes/index.ts';
import { type MaterialReader, readText } from '../reader.ts';

/** trufflehog writes one JSON object per line and, when it found nothing, only a line break. */
export const trufflehogReader: MaterialReader = {
  kind: 'TRUFFLEHOG_JSON',
  next: 'Write it with trufflehog … --json',
  detect: ({ object, text }) => {
    if (object) return object.has('DetectorName') && object.has('SourceMetadata');
    const first = text?.trimStart().split('\n', 1)[0];
    return first !== undefined && first !== '' && new Fields(parseJson(first), 'finding').has('DetectorName');
  },
  validate: ({ bytes }) => {
    let findings = 0;
    for (const [index, line] of readText(bytes).split('\n').entries()) {
      if (line.trim() === '') continue;
      new Fields(parseJson(line, `line ${index + 1}`), `line ${index + 1}`).string('DetectorName');
      findings++;
    }
    return { tools: [{ name: 'trufflehog' }], counts: { findings } };
  },
};
