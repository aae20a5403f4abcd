import { quoted } from '../../bytes/index.ts';
import { type MaterialReader, mismatch, readObject, toolOf } from '../reader.ts';

/** `scan.type` of GitLab's security report schemas. */
const SCAN_TYPES: readonly string[] = [
  'api_fuzzing',
  'cluster_image_scanning',
  'container_scanning',
  'coverage_fuzzing',
  'dast',
  'dependency_scanning',
  'sast',
  'secret_detection',
  'generic',
];

export const gitlabSecurityReportReader: MaterialReader = {
  kind: 'GITLAB_SECURITY_REPORT',
  next: 'Take the artifact gl-…-report.json of a GitLab security job',
  detect: ({ object }) =>
    object?.optionalObject('scan')?.has('type') === true && Array.isArray(object.raw('vulnerabilities')),
  validate: (input) => {
    const report = readObject(input);
    const scan = report.object('scan');
    const type = scan.string('type');
    if (!SCAN_TYPES.includes(type)) {
      throw mismatch(`expected scan.type ${SCAN_TYPES.join(', ')}, found ${quoted(type)}`);
    }
    const tool = scan.optionalObject('scanner') ?? scan.optionalObject('analyzer');
    return {
      tools: tool ? toolOf(tool.string('name'), tool.optionalString('version')) : [],
      counts: { findings: report.objects('vulnerabilities').length },
      annotations: { 'scan.types': type },
    };
  },
};
