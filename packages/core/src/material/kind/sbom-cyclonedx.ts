import { Fields, quoted } from '../../bytes/index.ts';
import {
  componentOf,
  type MaterialComponent,
  type MaterialReader,
  type MaterialTool,
  mismatch,
  readObject,
  toolOf,
} from '../reader.ts';

const SPEC_VERSIONS: readonly string[] = ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'];
/** CycloneDX "serialNumber"; upper-case hex occurs in the wild. */
const SERIAL_NUMBER = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Structure, not JSON Schema: one file in six of the published CycloneDX documents fails the strict schema, and its
 * `uniqueItems` takes quadratic time. What policies and the graph read is checked on every component.
 */
export const cyclonedxReader: MaterialReader = {
  kind: 'SBOM_CYCLONEDX_JSON',
  next: 'Write it in CycloneDX JSON, e.g. syft -o cyclonedx-json or npm sbom --sbom-format cyclonedx',
  detect: ({ object }) => object?.raw('bomFormat') === 'CycloneDX',
  validate: (input) => {
    const bom = readObject(input);
    checkHeader(bom);
    const components = countComponents(bom);
    const metadata = bom.optionalObject('metadata');
    const main = metadata?.optionalObject('component');
    const vulnerabilities = bom.optionalArray('vulnerabilities');
    return {
      ...(main ? { mainComponent: readMain(main) } : {}),
      tools: metadata ? readTools(metadata) : [],
      counts: {
        components,
        dependencies: bom.optionalArray('dependencies')?.length ?? 0,
        vulnerabilities: vulnerabilities?.length ?? 0,
      },
      annotations: vulnerabilities ? { 'sbom.vulnerabilities_report': 'true' } : {},
    };
  },
};

function checkHeader(bom: Fields): void {
  const format = bom.raw('bomFormat');
  if (format !== 'CycloneDX') {
    throw mismatch(
      `expected "bomFormat": "CycloneDX", found ${format === undefined ? 'none' : show(format)}`,
    );
  }
  const specVersion = bom.string('specVersion');
  if (!SPEC_VERSIONS.includes(specVersion)) {
    throw mismatch(`expected specVersion ${SPEC_VERSIONS.join(', ')}, found ${quoted(specVersion)}`);
  }
  const version = bom.optionalInteger('version');
  if (version !== undefined && version < 1) throw mismatch(`expected version 1 or more, found ${version}`);
  const serial = bom.optionalString('serialNumber');
  if (serial !== undefined && !SERIAL_NUMBER.test(serial)) {
    throw mismatch(`expected serialNumber urn:uuid:<UUID>, found ${quoted(serial)}`);
  }
}

function countComponents(bom: Fields): number {
  if (!bom.has('components')) return 0;
  const waiting: Fields[] = [...bom.objects('components')];
  let count = 0;
  for (let component = waiting.pop(); component; component = waiting.pop()) {
    count++;
    checkComponent(component);
    if (component.has('components'))
      for (const nested of component.objects('components')) waiting.push(nested);
  }
  return count;
}

function checkComponent(component: Fields): void {
  component.string('name');
  if (component.string('type') === '')
    throw mismatch(`${component.at}.type: expected a component type, found ""`);
  component.optionalString('version');
  component.optionalString('purl');
  component.optionalString('bom-ref');
}

function readMain(main: Fields): MaterialComponent {
  checkComponent(main);
  return componentOf(
    main.string('name'),
    main.string('type'),
    main.optionalString('version') || repoDigest(main),
  );
}

/** Trivy leaves the version of an image empty and states its digest in a property. */
function repoDigest(main: Fields): string | undefined {
  if (!main.has('properties')) return undefined;
  const property = main
    .objects('properties')
    .find((item) => item.raw('name') === 'aquasecurity:trivy:RepoDigest');
  return property?.optionalString('value');
}

/** A list until specVersion 1.4, an object with components and services since. */
function readTools(metadata: Fields): readonly MaterialTool[] {
  const tools = metadata.raw('tools');
  if (tools === undefined) return [];
  const listed = Array.isArray(tools)
    ? metadata.objects('tools')
    : listedIn(new Fields(tools, `${metadata.at}.tools`));
  return listed.flatMap((tool) => toolOf(tool.optionalString('name'), tool.optionalString('version')));
}

function listedIn(tools: Fields): readonly Fields[] {
  return ['components', 'services'].flatMap((key) => (tools.has(key) ? tools.objects(key) : []));
}

function show(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : `a ${typeof value}`;
}
