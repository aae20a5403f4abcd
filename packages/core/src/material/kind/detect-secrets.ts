import type { Fields } from '../../bytes/index.ts';
import { type MaterialReader, readObject } from '../reader.ts';

/** The baseline file of Yelp's detect-secrets: findings by file name. */
export const detectSecretsReader: MaterialReader = {
  kind: 'YELP_DETECT_SECRETS_BASELINE',
  next: 'Write it with detect-secrets scan',
  detect: ({ object }) => object?.has('plugins_used') === true && object.has('results'),
  validate: (input) => {
    const baseline = readObject(input);
    const version = baseline.string('version');
    baseline.objects('plugins_used');
    return {
      tools: [{ name: 'detect-secrets', version }],
      counts: { findings: count(baseline.object('results')) },
    };
  },
};

function count(results: Fields): number {
  return results.keys().reduce((sum, file) => sum + results.array(file).length, 0);
}
