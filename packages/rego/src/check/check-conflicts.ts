/** Definitions that cannot stand together. */
import { byPackage, stringsOf } from '../plan/scope.ts';
import type { Location, Module } from '../syntax/ast.ts';
import { refText } from '../syntax/text.ts';
import { pathKey } from '../values/text.ts';
import { RegoObject, type Value } from '../values/value.ts';
import type { Findings } from './findings.ts';
import { type Definition, isGroundPath, type RuleTree } from './rule-tree.ts';

export function checkConflicts(tree: RuleTree, findings: Findings): void {
  for (const node of tree.nodes()) {
    const [first] = node.definitions;
    if (first === undefined) continue;
    const below = conflictingBelow(node);
    if (below.length > 0) {
      const list = below.map(({ text, rule }) => `\n  rule ${text} at ${placeText(rule.location)}`);
      findings.stop(
        'rego_type_error',
        `rule ${lastText(node)} conflicts with:${list.join('')}`,
        first.rule.location,
      );
    } else if (areMixed(node.definitions)) {
      findings.stop('rego_type_error', `conflicting rules ${lastText(node)} found`, first.rule.location);
    } else checkDefaults(node, findings);
  }
}

function lastText({ definitions }: RuleTree): string {
  return definitions.at(-1)?.text ?? '';
}

function placeText({ file, row, col }: Location): string {
  return file === '' ? `${row}:${col}` : `${file}:${row}`;
}

function checkDefaults({ definitions }: RuleTree, findings: Findings): void {
  const defaults = definitions.filter(({ rule }) => rule.default);
  const [first] = defaults;
  if (first === undefined || defaults.length < 2) return;
  const places = defaults.map(({ rule }) => placeText(rule.location)).join(', ');
  const name = definitions.at(-1)?.text;
  const message = `multiple default rules ${name} found at ${places}`;
  findings.stop('rego_type_error', message, first.module.package.location);
}

/** A rule with a fixed ref holds all below it; one with variables may share that, but not with functions. */
function conflictingBelow(node: RuleTree): readonly Definition[] {
  if (node.children.size === 0) return [];
  const below = node.sorted.flatMap((child) => [...child.nodes()].flatMap(({ definitions }) => definitions));
  const all = node.definitions.some(isGroundPath);
  return withoutExtensions(all ? below : below.filter(({ rule }) => rule.head.args !== undefined));
}

/** Of definitions of which one lies within the other, the outer. */
function withoutExtensions(definitions: readonly Definition[]): readonly Definition[] {
  const kept: Definition[] = [];
  for (const definition of definitions) {
    if (!kept.some((other) => isPrefix(other.text, definition.text))) kept.push(definition);
  }
  return kept;
}

function isPrefix(outer: string, inner: string): boolean {
  return inner === outer || (inner.startsWith(outer) && /^[.[]/.test(inner.slice(outer.length)));
}

function areMixed(definitions: readonly Definition[]): boolean {
  const isSet = ({ rule }: Definition): boolean => rule.head.value === undefined;
  const sets = definitions.filter(isSet);
  const arities = new Set(definitions.map(({ rule }) => rule.head.args?.length ?? 0));
  const complete = definitions.filter((one) => !isSet(one) && isGroundPath(one)).length;
  const partial = definitions.length - complete;
  const isMixed = sets.length > 0 && sets.length < definitions.length;
  const setKinds = new Set(sets.map(isGroundPath));
  return isMixed || arities.size > 1 || (complete > 0 && partial > 0) || setKinds.size > 1;
}

/** A package of the name of a rule. */
export function checkPackages(
  modules: readonly Module[],
  definitions: readonly Definition[],
  findings: Findings,
): void {
  const packages = byPackage(modules);
  for (const definition of definitions) {
    const path = definition.path.filter((part) => part !== undefined);
    if (path.length < definition.path.length) continue;
    for (const other of packages.get(pathKey(path)) ?? []) {
      const { module, rule } = definition;
      if (other === module) continue;
      const dotted = stringsOf(other.package.path.path).join('.');
      const name = refText(rule.head.ref);
      const message = `package ${dotted} conflicts with rule ${name} defined at ${placeText(rule.location)}`;
      findings.stop('rego_type_error', message, module.package.location);
    }
  }
}

/** Rules where the base document has something. */
export function checkData(tree: RuleTree, data: Value, findings: Findings): void {
  for (const child of tree.sorted) checkDataBelow(child, data, [], findings);
}

function checkDataBelow(node: RuleTree, data: Value, above: readonly string[], findings: Findings): void {
  if (typeof node.key !== 'string') return;
  const path = [...above, node.key];
  // What is no object cannot hold what a rule defines below it: that is a conflict, too.
  const value = data instanceof RegoObject ? data.get(node.key) : data;
  if (value === undefined) return;
  const [first] = node.definitions;
  if (first === undefined) {
    for (const child of node.sorted) checkDataBelow(child, value, path, findings);
    return;
  }
  const message = `conflicting rule for data path ${path.join('/')} found`;
  findings.stop('rego_compile_error', message, first.rule.location);
}
