import { type MaterialReader, readObject } from '../reader.ts';

export const blackduckReader: MaterialReader = {
  kind: 'BLACKDUCK_SCA_JSON',
  next: 'Export the JSON report of the project version with all of its sections',
  detect: ({ object }) =>
    object?.has('detailedVulnerabilities') === true && object.has('detailedCodeLocations'),
  validate: (input) => {
    const report = readObject(input);
    report.array('detailedProjectVersionCustomFields');
    report.array('detailedCodeLocations');
    return { counts: { vulnerabilities: report.objects('detailedVulnerabilities').length } };
  },
};
