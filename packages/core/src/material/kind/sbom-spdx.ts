import { type Fields, quoted } from '../../bytes/index.ts';
import {
  componentOf,
  type MaterialComponent,
  type MaterialReader,
  type MaterialTool,
  mismatch,
  readObject,
  toolOf,
} from '../reader.ts';

const DOCUMENT = 'SPDXRef-DOCUMENT';

/** SPDX 2.0 to 2.3 in JSON. */
export const spdxReader: MaterialReader = {
  kind: 'SBOM_SPDX_JSON',
  next: 'Write it in SPDX 2 JSON, e.g. syft -o spdx-json or npm sbom --sbom-format spdx',
  detect: ({ object }) => typeof object?.raw('spdxVersion') === 'string',
  validate: (input) => {
    const document = readObject(input);
    checkHeader(document);
    const packages = document.has('packages') ? document.objects('packages') : [];
    for (const item of packages) {
      item.string('SPDXID');
      item.string('name');
    }
    const relationships = document.has('relationships') ? document.objects('relationships') : [];
    const main = findMain(document, packages, relationships);
    return {
      ...(main ? { mainComponent: main } : {}),
      tools: readTools(document.object('creationInfo')),
      counts: {
        packages: packages.length,
        files: document.optionalArray('files')?.length ?? 0,
        relationships: relationships.length,
      },
    };
  },
};

function checkHeader(document: Fields): void {
  const version = document.string('spdxVersion');
  if (!/^SPDX-2\.[0-3]$/.test(version))
    throw mismatch(`expected spdxVersion SPDX-2.0 to SPDX-2.3, found ${quoted(version)}`);
  const id = document.string('SPDXID');
  if (id !== DOCUMENT) throw mismatch(`expected SPDXID ${DOCUMENT}, found ${quoted(id)}`);
  document.string('name');
}

/** What the document says that it is about: `documentDescribes`, else the first DESCRIBES relationship. */
function findMain(
  document: Fields,
  packages: readonly Fields[],
  relationships: readonly Fields[],
): MaterialComponent | undefined {
  const listed = document.has('documentDescribes') ? document.strings('documentDescribes')[0] : undefined;
  const id = listed ?? describedBy(relationships);
  const described = id === undefined ? undefined : packages.find((item) => item.raw('SPDXID') === id);
  if (described === undefined) return undefined;
  const purpose = described.optionalString('primaryPackagePurpose');
  return componentOf(
    described.string('name'),
    purpose?.toLowerCase(),
    described.optionalString('versionInfo'),
  );
}

function describedBy(relationships: readonly Fields[]): string | undefined {
  for (const item of relationships) {
    const type = item.raw('relationshipType');
    const [from, to] = [item.optionalString('spdxElementId'), item.optionalString('relatedSpdxElement')];
    if (type === 'DESCRIBES' && from === DOCUMENT) return to;
    if (type === 'DESCRIBED_BY' && to === DOCUMENT) return from;
  }
  return undefined;
}

/** `Tool: name-version`; the version starts at the first hyphen that a digit (or `v` and a digit) follows. */
function readTools(creation: Fields): readonly MaterialTool[] {
  return creation.strings('creators').flatMap((creator) => {
    if (!creator.startsWith('Tool:')) return [];
    const text = creator.slice('Tool:'.length).trim();
    const at = text.search(/-v?\d/);
    return at < 0 ? toolOf(text, undefined) : toolOf(text.slice(0, at), text.slice(at + 1));
  });
}
