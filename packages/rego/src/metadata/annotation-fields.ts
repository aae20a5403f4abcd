/** The fields of a METADATA block, as OPA reads them and as `rego.metadata` shows them. */
import { uriProblem } from '../builtins/go/url.ts';
import { numberFromText } from '../values/number.ts';
import { RegoArray, RegoObject, type Value } from '../values/value.ts';
import type { ReadTerm } from '../syntax/annotations.ts';
import type { RefTerm, SchemaAnnotation, Term } from '../syntax/ast.ts';
import type { YamlNode } from './yaml-node.ts';

/** Why a block cannot be read; with a line where the YAML itself is not what it should be. */
export class AnnotationError extends Error {
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.name = 'AnnotationError';
    this.line = line;
  }
}

export interface AnnotationFields {
  readonly scope: string;
  readonly entrypoint: boolean;
  readonly schemas: readonly SchemaAnnotation[];
  /** All fields that say something, but for the scope. */
  readonly shown: readonly (readonly [name: string, value: Value])[];
}

export function readFields(root: YamlNode | undefined, readTerm: ReadTerm): AnnotationFields {
  const fields = new Fields(root);
  const scope = fields.text('scope');
  const title = fields.text('title');
  const entrypoint = fields.flag('entrypoint');
  const description = fields.text('description');
  const organizations = fields.texts('organizations');
  const resources = fields.list('related_resources');
  const authors = fields.list('authors');
  const schemas = fields.maps('schemas');
  const compile = fields.map('compile');
  const custom = fields.map('custom');
  const labels = fields.map('labels');
  const related = resources.map(readResource);
  if (compile !== undefined) checkCompile(compile, readTerm);
  const read = schemas.map((pair) => readSchema(pair, readTerm));
  const people = authors.map(readAuthor);
  const shown: (readonly [string, Value])[] = [
    ['title', title],
    ['entrypoint', entrypoint],
    ['description', description],
    ['organizations', new RegoArray(organizations)],
    ['related_resources', new RegoArray(related)],
    ['authors', new RegoArray(people)],
    ['schemas', new RegoArray(read.map(shownSchema))],
    ['custom', custom === undefined ? RegoObject.empty : customValue(custom)],
    ['labels', labels === undefined ? RegoObject.empty : customValue(labels)],
  ];
  return { scope, entrypoint, schemas: read, shown: shown.filter(([, value]) => says(value)) };
}

function says(value: Value): boolean {
  if (value instanceof RegoArray) return value.length > 0;
  if (value instanceof RegoObject) return value.size > 0;
  return value !== '' && value !== false;
}

type MapNode = YamlNode & { readonly kind: 'map' };

/** Go's decoder says which kind of YAML it found where another was wanted. */
function mismatch(node: YamlNode, wanted: string): AnnotationError {
  const tags = { list: '!!seq', map: '!!map', scalar: '' } as const;
  const found =
    node.kind === 'scalar' ? `${scalarTag(node.value)} \`${shortened(node.text)}\`` : tags[node.kind];
  const message = `yaml: unmarshal errors:\n  line ${node.line}: cannot unmarshal ${found} into ${wanted}`;
  return new AnnotationError(message, node.line);
}

function shortened(text: string): string {
  return text.length > 10 ? `${text.slice(0, 7)}...` : text;
}

function scalarTag(value: null | boolean | number | string): string {
  if (value === null) return '!!null';
  if (typeof value === 'boolean') return '!!bool';
  if (typeof value === 'string') return '!!str';
  return Number.isInteger(value) ? '!!int' : '!!float';
}

function isNull(node: YamlNode | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.value === null);
}

class Fields {
  readonly #fields = new Map<string, YamlNode>();

  constructor(root: YamlNode | undefined) {
    if (root === undefined || isNull(root)) return;
    if (root.kind !== 'map') throw mismatch(root, 'ast.rawAnnotation');
    for (const [key, value] of root.entries) if (key.kind === 'scalar') this.#fields.set(key.text, value);
  }

  text(name: string): string {
    const node = this.#fields.get(name);
    if (node === undefined || isNull(node)) return '';
    if (node.kind !== 'scalar') throw mismatch(node, 'string');
    return node.text;
  }

  flag(name: string): boolean {
    const node = this.#fields.get(name);
    if (node === undefined || isNull(node)) return false;
    if (node.kind !== 'scalar') throw mismatch(node, 'bool');
    if (typeof node.value === 'boolean') return node.value;
    if (/^(?:y|Y|yes|Yes|YES|on|On|ON)$/.test(node.text)) return true;
    if (/^(?:n|N|no|No|NO|off|Off|OFF)$/.test(node.text)) return false;
    throw mismatch(node, 'bool');
  }

  texts(name: string): readonly string[] {
    return this.#items(name, '[]string').map((item) => {
      if (item.kind !== 'scalar') throw mismatch(item, 'string');
      return isNull(item) ? '' : item.text;
    });
  }

  list(name: string): readonly YamlNode[] {
    return this.#items(name, '[]interface {}');
  }

  maps(name: string): readonly MapNode[] {
    return this.#items(name, '[]map[string]interface {}').map((item) => asMap(item));
  }

  map(name: string): MapNode | undefined {
    const node = this.#fields.get(name);
    return node === undefined || isNull(node) ? undefined : asMap(node);
  }

  #items(name: string, type: string): readonly YamlNode[] {
    const node = this.#fields.get(name);
    if (node === undefined || isNull(node)) return [];
    if (node.kind !== 'list') throw mismatch(node, type);
    return node.items;
  }
}

function asMap(node: YamlNode): MapNode {
  if (isNull(node)) return { kind: 'map', entries: [], line: node.line };
  if (node.kind !== 'map') throw mismatch(node, 'map[string]interface {}');
  for (const [key] of node.entries) if (key.kind !== 'scalar') throw mismatch(key, 'string');
  return node;
}

/** As Go prints a value with `%s`. */
function printed(node: YamlNode): string {
  if (node.kind === 'list') return `[${node.items.map(printed).join(' ')}]`;
  if (node.kind === 'map') {
    return `map[${node.entries.map(([key, value]) => `${printed(key)}:${printed(value)}`).join(' ')}]`;
  }
  if (node.value === null) return '%!s(<nil>)';
  if (typeof node.value === 'string') return node.value;
  const type = typeof node.value === 'boolean' ? 'bool' : Number.isInteger(node.value) ? 'int' : 'float64';
  return `%!s(${type}=${node.text})`;
}

/** The texts of some fields of a map, without space around them. */
function partsOf({ entries }: MapNode, names: readonly string[]): readonly string[] {
  return names.map((name) => {
    const entry = entries.find(([key]) => key.kind === 'scalar' && key.text === name);
    const value = entry?.[1];
    return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value.trim() : '';
  });
}

function readResource(node: YamlNode): Value {
  const fail = (why: string): AnnotationError =>
    new AnnotationError(`invalid related-resource definition ${printed(node)}: ${why}`);
  checkKeys(node, fail);
  let ref = '';
  let description = '';
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    ref = node.value;
    if (ref === '') throw fail('ref URL may not be empty string');
  } else if (node.kind === 'map') {
    [description = '', ref = ''] = partsOf(node, ['description', 'ref']);
    if (ref === '') throw fail("'ref' value required in object");
  } else throw fail('invalid value type, must be string or map');
  const problem = uriProblem(ref);
  if (problem !== undefined) throw fail(problem);
  return objectOf([
    ['ref', ref],
    ['description', description],
  ]);
}

function objectOf(entries: readonly (readonly [string, string])[]): Value {
  return RegoObject.of(entries.filter(([, value]) => value !== ''));
}

function readAuthor(node: YamlNode): Value {
  const fail = (why: string): AnnotationError =>
    new AnnotationError(`invalid author definition ${printed(node)}: ${why}`);
  checkKeys(node, fail);
  let name = '';
  let email = '';
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    const words = node.value.split(/\s+/).filter((word) => word !== '');
    if (words.length === 0) throw fail('author is an empty string');
    const [, address] = /^<(.*)>$/s.exec(words.at(-1) ?? '') ?? [];
    if (address !== undefined) words.pop();
    email = address ?? '';
    name = words.join(' ');
  } else if (node.kind === 'map') {
    [name = '', email = ''] = partsOf(node, ['name', 'email']);
    if (name === '' && email === '') throw fail("'name' and/or 'email' values required in object");
  } else throw fail('invalid value type, must be string or map');
  return objectOf([
    ['name', name],
    ['email', email],
  ]);
}

/** Keys below a map that has any that is no string must all be strings. */
function checkKeys(
  node: YamlNode,
  fail: (why: string) => AnnotationError,
  path: readonly string[] = [],
): void {
  if (node.kind === 'list') {
    for (const [at, item] of node.items.entries()) checkKeys(item, fail, [...path, String(at)]);
  }
  if (node.kind === 'map' && node.entries.some(([key]) => !isText(key))) {
    throw fail(`invalid map key type(s): ${path.join('/')}`);
  }
}

function isText(node: YamlNode): boolean {
  return node.kind === 'scalar' && typeof node.value === 'string';
}

/** Fields of one's own: any names, but texts as keys in what they hold. */
function customValue({ entries }: MapNode): RegoObject {
  const fail = (why: string): AnnotationError => new AnnotationError(why);
  for (const [, value] of entries) checkKeys(value, fail);
  return RegoObject.of(
    entries.map(([key, value]) => [key.kind === 'scalar' ? key.text : '', plain(value)] as const),
  );
}

/** The node as a value of Rego. */
function plain(node: YamlNode): Value {
  switch (node.kind) {
    case 'list':
      return new RegoArray(node.items.map(plain));
    case 'map':
      return RegoObject.of(node.entries.map(([key, value]) => [plain(key), plain(value)] as const));
    default:
      return typeof node.value === 'number' ? numberFromText(String(node.value)) : node.value;
  }
}

function readSchema({ entries }: MapNode, readTerm: ReadTerm): SchemaAnnotation {
  const [key, value] = entries[0] ?? [];
  const name = key?.kind === 'scalar' ? key.text : '';
  const path = readTerm(name);
  if (path?.kind !== 'ref') throw new AnnotationError('invalid document reference');
  const fail = (why: string): AnnotationError => new AnnotationError(`invalid schema definition: ${why}`);
  if (value?.kind === 'map') {
    checkKeys(value, fail);
    return { path, schema: undefined, definition: plain(value) };
  }
  if (value === undefined || !isText(value)) {
    throw new AnnotationError(`invalid schema declaration for path "${name}"`);
  }
  return {
    path,
    schema: schemaRef(readTerm(value.kind === 'scalar' ? value.text : '')),
    definition: undefined,
  };
}

function schemaRef(term: Term | undefined): RefTerm {
  if (term?.kind === 'var' && term.name === 'schema') {
    return { kind: 'ref', head: term, path: [], location: term.location };
  }
  if (term?.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'schema') {
    throw new AnnotationError('invalid schema reference');
  }
  return term;
}

function shownSchema({ path, schema, definition }: SchemaAnnotation): Value {
  const entries: (readonly [string, Value])[] = [['path', refValue(path)]];
  if (schema !== undefined) entries.push(['schema', refValue(schema)]);
  if (definition !== undefined) entries.push(['definition', definition]);
  return RegoObject.of(entries);
}

function refValue({ head, path }: RefTerm): Value {
  const first = head.kind === 'var' ? head.name : '';
  return new RegoArray([first, ...path.map((part) => (part.kind === 'string' ? part.value : ''))]);
}

/** Of the fields for the compiler only the form is checked. */
function checkCompile({ entries }: MapNode, readTerm: ReadTerm): void {
  for (const [key, value] of entries) {
    const name = key.kind === 'scalar' ? key.text : '';
    if (name === 'unknowns' && value.kind === 'list')
      for (const item of value.items) checkUnknown(item, readTerm);
    if (name === 'mask_rule' && value.kind === 'scalar' && isText(value)) checkMaskRule(value.text, readTerm);
  }
}

function checkUnknown(item: YamlNode, readTerm: ReadTerm): void {
  if (item.kind !== 'scalar' || typeof item.value !== 'string') return;
  if (readTerm(item.value)?.kind !== 'ref') {
    throw new AnnotationError(`invalid unknowns element ${JSON.stringify(item.value)}: expected ref`);
  }
}

function checkMaskRule(text: string, readTerm: ReadTerm): void {
  const term = readTerm(text);
  if (term?.kind !== 'var' && term?.kind !== 'string' && term?.kind !== 'ref') {
    throw new AnnotationError(`invalid mask_rule annotation ${JSON.stringify(text)}`);
  }
}
