import { Fields } from '../../bytes/index.ts';
import type { MaterialKind } from '../kind.ts';
import { type MaterialReader, readArray } from '../reader.ts';

/** Alerts of GitHub Advanced Security as its API lists them; an empty list means that nothing was found. */
function ghasReader(kind: MaterialKind, key: string, api: string): MaterialReader {
  return {
    kind,
    next: `Save the answer of the GitHub API GET /repos/{owner}/{repo}/${api}`,
    detect: ({ json }) => Array.isArray(json) && json.length > 0 && new Fields(json[0], 'alert').has(key),
    validate: (input) => {
      const alerts = readArray(input).map((item, index) => new Fields(item, `alert ${index}`));
      for (const alert of alerts) {
        if (key === 'secret_type') alert.string(key);
        else alert.object(key);
      }
      return { counts: { findings: alerts.length } };
    },
  };
}

export const ghasCodeReader = ghasReader('GHAS_CODE_SCAN', 'tool', 'code-scanning/alerts');
export const ghasSecretReader = ghasReader('GHAS_SECRET_SCAN', 'secret_type', 'secret-scanning/alerts');
export const ghasDependencyReader = ghasReader('GHAS_DEPENDENCY_SCAN', 'dependency', 'dependabot/alerts');
