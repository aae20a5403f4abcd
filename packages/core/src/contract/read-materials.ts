import { quoted } from '../bytes/index.ts';
import { type CodedError, isCoded } from '../errors.ts';
import { type MaterialKind, materialKindOf, parseKind, SUPPORTED_KINDS } from '../material/index.ts';
import type { ContractAnnotation, ContractMaterial } from './contract.ts';
import type { DocNode, DocObject } from './doc-node.ts';
import { NAME, readName } from './read-name.ts';

const MATERIAL_KEYS = ['type', 'name', 'optional', 'output', 'skipUpload', 'group', 'annotations'];

export function readMaterials(nodes: readonly DocNode[]): readonly ContractMaterial[] {
  const names = new Set<string>();
  const materials = nodes.flatMap((node) => {
    const object = node.asObject(MATERIAL_KEYS);
    const material = object && readMaterial(object);
    if (material === undefined) return [];
    if (names.has(material.name)) {
      object?.get('name')?.error(`a material with the name ${quoted(material.name)} stands above already`);
      return [];
    }
    names.add(material.name);
    return { node, material };
  });
  for (const { node, material } of materials) advise(node, material, materials);
  return materials.map(({ material }) => material);
}

/** What is allowed and may still surprise its writer. */
function advise(
  node: DocNode,
  { name, kind, group, optional }: ContractMaterial,
  all: readonly { readonly material: ContractMaterial }[],
): void {
  if (!SUPPORTED_KINDS.includes(kind)) {
    node.advise(`this version does not read ${kind}, so it takes no material of that kind`);
  }
  if (group === '') return;
  if (optional)
    node.advise(`"optional" changes nothing in the group ${group}: one of its members must be there`);
  if (!all.some(({ material }) => material.group === group && material.name !== name)) {
    node.advise(`${name} is alone in the group ${group}, so it must be there`);
  }
}

function readMaterial(object: DocObject): ContractMaterial | undefined {
  const name = readName(object, 'name');
  const kind = readKind(object);
  const group = object.text('group');
  if (group !== '' && !NAME.test(group)) {
    object.get('group')?.error(`expected lower-case letters, digits and hyphens, found ${quoted(group)}`);
  }
  const rest = {
    optional: object.boolean('optional'),
    output: object.boolean('output'),
    skipUpload: object.boolean('skipUpload'),
    group,
    annotations: readAnnotations(object.list('annotations')),
  };
  return name === undefined || kind === undefined ? undefined : { name, kind, ...rest };
}

/** By name or by enum number. */
function readKind(object: DocObject): MaterialKind | undefined {
  const node = object.get('type');
  if (node === undefined) return object.self.error('expected the key "type"');
  const number = node.integer;
  if (number !== undefined) {
    return materialKindOf(number) ?? node.error(`no material kind has the number ${number}`);
  }
  const text = node.asText();
  if (text === undefined) return undefined;
  try {
    return parseKind(text);
  } catch (error) {
    if (!isCoded(error, 'material_kind_unknown')) throw error;
    return refuseKind(node, error);
  }
}

function refuseKind(node: DocNode, error: CodedError): undefined {
  const { suggestion } = error.detail;
  return node.error(error.message, typeof suggestion === 'string' ? suggestion : undefined);
}

export function readAnnotations(nodes: readonly DocNode[]): readonly ContractAnnotation[] {
  const names = new Set<string>();
  return nodes.flatMap((node) => {
    const object = node.asObject(['name', 'value']);
    const name = object?.requiredText('name');
    if (object === undefined || name === undefined) return [];
    if (!/^\w+$/.test(name)) {
      object
        .get('name')
        ?.error(`expected letters, digits and underscores, found ${quoted(name)}`, suggest(name));
    }
    if (names.has(name))
      object.get('name')?.error(`an annotation with the name ${quoted(name)} stands above already`);
    names.add(name);
    return { name, value: object.text('value') };
  });
}

function suggest(name: string): string | undefined {
  const words = name.replace(/[-.\s]/g, '_');
  return /^\w+$/.test(words) ? words : undefined;
}
