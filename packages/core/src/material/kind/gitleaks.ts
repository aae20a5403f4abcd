import { Fields } from '../../bytes/index.ts';
import { type MaterialReader, readArray } from '../reader.ts';

/** gitleaks report; an empty list means that nothing was found. */
export const gitleaksReader: MaterialReader = {
  kind: 'GITLEAKS_JSON',
  next: 'Write it with gitleaks … --report-format json',
  detect: ({ json }) =>
    Array.isArray(json) && json.length > 0 && new Fields(json[0], 'finding').has('Fingerprint'),
  validate: (input) => {
    const findings = readArray(input).map((item, index) => new Fields(item, `finding ${index}`));
    for (const finding of findings) finding.string('Fingerprint');
    return { tools: [{ name: 'gitleaks' }], counts: { findings: findings.length } };
  },
};
