import { CodedError, messageOf } from '../errors.ts';
import { type MaterialKind, parseKind } from './kind.ts';
import { readerOf } from './kinds.ts';
import type { MaterialComponent, MaterialTool, ReaderFacts } from './reader.ts';

export interface MaterialFacts {
  readonly kind: MaterialKind;
  readonly mainComponent: MaterialComponent | null;
  readonly tools: readonly MaterialTool[];
  /** Named quantities: `components`, `findings`, `tests`. */
  readonly counts: Readonly<Record<string, number>>;
  /** All of the above as flat text: `main_component.name`, `tools`, `count.tests` and what the kind adds. */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ValidateMaterialOptions {
  /** Named in messages. */
  readonly filename?: string;
  /** `host/repository[:tag]@digest`; required for CONTAINER_IMAGE, whose bytes are the manifest. */
  readonly reference?: string;
}

/**
 * Checks that `bytes` are a material of this kind and reads its facts; time linear in the size.
 * Throws `material_empty`, `material_kind_unknown`, `material_kind_unsupported` (a kind known to contracts that
 * this version does not check: never taken unchecked) and `material_invalid`.
 */
export function validateMaterial(
  kind: MaterialKind,
  bytes: Uint8Array,
  options: ValidateMaterialOptions = {},
): MaterialFacts {
  const name = options.filename ?? 'the material';
  const reader = readerOf(parseKind(kind));
  if (reader === undefined) {
    throw new CodedError(
      'material_kind_unsupported',
      `${name}: this version cannot check materials of the kind ${kind}, and takes none unchecked. Use EVIDENCE or ARTIFACT in the contract to keep the file without a check of its content`,
    );
  }
  if (bytes.length === 0) {
    throw new CodedError(
      'material_empty',
      `${name} is empty: expected a ${kind}, found 0 bytes. Check that the step that writes it ran to its end`,
    );
  }
  try {
    return factsOf(kind, reader.validate({ bytes, ...pick(options) }));
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    throw new CodedError(
      'material_invalid',
      `${name} is not a valid ${kind}: ${messageOf(cause)}. ${reader.next}`,
      {
        cause,
      },
    );
  }
}

function pick(options: ValidateMaterialOptions): { readonly reference?: string } {
  return options.reference === undefined ? {} : { reference: options.reference };
}

function factsOf(kind: MaterialKind, found: ReaderFacts): MaterialFacts {
  const tools = found.tools ?? [];
  const counts = found.counts ?? {};
  const main = found.mainComponent ?? null;
  const flat: [string, string][] = [];
  if (main) {
    flat.push(['main_component.name', main.name]);
    if (main.type) flat.push(['main_component.type', main.type]);
    if (main.version) flat.push(['main_component.version', main.version]);
  }
  const first = tools[0];
  if (first) {
    flat.push(['tool.name', first.name]);
    if (first.version) flat.push(['tool.version', first.version]);
    flat.push([
      'tools',
      JSON.stringify(tools.map((tool) => (tool.version ? `${tool.name}@${tool.version}` : tool.name))),
    ]);
  }
  for (const [key, count] of Object.entries(counts)) flat.push([`count.${key}`, String(count)]);
  return {
    kind,
    mainComponent: main,
    tools,
    counts,
    annotations: { ...Object.fromEntries(flat), ...found.annotations },
  };
}
