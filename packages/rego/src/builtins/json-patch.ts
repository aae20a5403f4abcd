/** json.patch: RFC 6902, with sets and keys of any kind. */
import { equal, typeName } from '../values/order.ts';
import { termText } from '../values/text.ts';
import { type RegoArray, RegoObject, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, builtinError, functions } from './builtin.ts';
import { type EditNode, editNode } from './edit-tree.ts';
import { type Path, parsePath } from './json-paths.ts';
import { arrayOperand } from './operands.ts';

function patch(context: BuiltinContext, target: Value, operations: RegoArray): Value | undefined {
  const document = new PatchedDocument(target, context);
  for (const operation of operations.items) {
    context.step(1);
    if (!(operation instanceof RegoObject)) {
      throw builtinError('must be an array of JSON-Patch objects, but at least one element is not an object');
    }
    apply(document, operation);
  }
  return document.render();
}

function attribute(operation: RegoObject, name: string): Value {
  const value = operation.get(name);
  if (value === undefined) throw builtinError(`missing required attribute '${name}'`);
  return value;
}

function apply(document: PatchedDocument, operation: RegoObject): void {
  const pathValue = attribute(operation, 'path');
  const op = attribute(operation, 'op');
  if (typeof op !== 'string') {
    throw builtinError(`attribute 'op' must be a string but found: ${typeName(op)}`);
  }
  const path = parsePath(pathValue);
  switch (op) {
    case 'add':
      document.insert(path, attribute(operation, 'value'));
      break;
    case 'remove':
      document.remove(path);
      break;
    case 'replace':
      document.remove(path);
      document.insert(path, attribute(operation, 'value'));
      break;
    case 'move':
      document.move(parsePath(attribute(operation, 'from')), path);
      break;
    case 'copy':
      document.insert(path, document.at(parsePath(attribute(operation, 'from'))));
      break;
    case 'test':
      document.test(path, operation);
      break;
    default:
      throw builtinError(`unrecognized op: '${op}'`);
  }
}

/** The root may be replaced, or be gone in between. */
class PatchedDocument {
  #root: EditNode | undefined;
  readonly #context: BuiltinContext;

  constructor(target: Value, context: BuiltinContext) {
    this.#context = context;
    this.#root = editNode(target, (steps) => context.step(steps));
  }

  insert(path: Path, value: Value): void {
    const key = path.at(-1);
    if (key === undefined) this.#root = editNode(value, (steps) => this.#context.step(steps));
    else this.#unfold(path.slice(0, -1), 'insert').insert(key, value);
  }

  remove(path: Path): void {
    const key = path.at(-1);
    const parent = this.#unfold(path.slice(0, -1), 'delete');
    if (key === undefined) this.#root = undefined;
    else parent.remove(key);
  }

  at(path: Path): Value {
    return this.#unfold(path, 'unfold').render();
  }

  move(from: Path, to: Path): void {
    const value = this.at(from);
    this.remove(from);
    this.insert(to, value);
  }

  test(path: Path, operation: RegoObject): void {
    const found = this.at(path);
    const value = attribute(operation, 'value');
    if (equal(found, value)) return;
    throw builtinError(
      `value from EditTree != patch value.\n\nExpected: ${termText(value)}\n\nFound: ${termText(found)}`,
    );
  }

  render(): Value | undefined {
    return this.#root?.render();
  }

  #unfold(path: Path, purpose: string): EditNode {
    let node = this.#root;
    if (node === undefined) throw builtinError(`deleted node encountered during ${purpose} operation`);
    for (const key of path) {
      this.#context.step(1);
      node = node.child(key);
    }
    return node;
  }
}

export const JSON_PATCH: BuiltinGroup = functions({
  'json.patch': (context, target, operations) => patch(context, target, arrayOperand(operations, 2)),
});
