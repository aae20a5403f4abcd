import { type Fields, quoted } from '../../bytes/index.ts';
import type { MaterialKind } from '../kind.ts';
import { type MaterialReader, mismatch, readObject, toolOf } from '../reader.ts';

/** CSAF 2.0 and 2.1 by their mandatory properties (CSAF 2.0 §3.2.1); one reader per profile, told by its category. */
function csafReader(kind: MaterialKind, category: string): MaterialReader {
  return {
    kind,
    next: `Write a CSAF 2.0 document of the category ${category}`,
    detect: ({ object }) => object?.optionalObject('document')?.raw('category') === category,
    validate: (input) => {
      const root = readObject(input);
      const document = root.object('document');
      checkDocument(document, category);
      const engine = document.object('tracking').optionalObject('generator')?.optionalObject('engine');
      return {
        tools: engine ? toolOf(engine.string('name'), engine.optionalString('version')) : [],
        counts: { vulnerabilities: root.has('vulnerabilities') ? root.objects('vulnerabilities').length : 0 },
        annotations: { 'csaf.id': document.object('tracking').string('id') },
      };
    },
  };
}

function checkDocument(document: Fields, category: string): void {
  const found = document.string('category');
  if (found !== category) throw mismatch(`expected document.category ${category}, found ${quoted(found)}`);
  const version = document.string('csaf_version');
  if (version !== '2.0' && version !== '2.1')
    throw mismatch(`expected csaf_version 2.0 or 2.1, found ${quoted(version)}`);
  document.string('title');
  const publisher = document.object('publisher');
  for (const key of ['category', 'name', 'namespace']) publisher.string(key);
  const tracking = document.object('tracking');
  for (const key of ['current_release_date', 'id', 'initial_release_date', 'status', 'version'])
    tracking.string(key);
  tracking.objects('revision_history');
}

export const csafVexReader = csafReader('CSAF_VEX', 'csaf_vex');
export const csafInformationalReader = csafReader(
  'CSAF_INFORMATIONAL_ADVISORY',
  'csaf_informational_advisory',
);
export const csafAdvisoryReader = csafReader('CSAF_SECURITY_ADVISORY', 'csaf_security_advisory');
export const csafIncidentReader = csafReader(
  'CSAF_SECURITY_INCIDENT_RESPONSE',
  'csaf_security_incident_response',
);
