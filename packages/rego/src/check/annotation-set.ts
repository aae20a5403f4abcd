import { ruleName, stringsOf } from '../plan/scope.ts';
import type { Annotations, Module, Rule } from '../syntax/ast.ts';
import { isPackage, isRule, targetBelow } from '../syntax/annotations.ts';
import { RegoArray, RegoObject, type Value } from '../values/value.ts';
import type { RegoProblem } from '../syntax/error.ts';

/** The METADATA blocks of all modules, by what they are about. */
export class AnnotationSet {
  readonly #byRule = new Map<Rule, Annotations[]>();
  readonly #byPackage = new Map<string, Annotations>();
  /** Of documents and of packages with all below them. */
  readonly #byPath = new Map<string, Annotations>();

  /** Blocks of which only one can be there. */
  readonly problems: RegoProblem[] = [];

  constructor(modules: readonly Module[]) {
    for (const module of modules) {
      for (const annotation of module.annotations) {
        const earlier = this.#add(annotation, module);
        if (earlier === undefined) continue;
        const { file, row } = earlier.location;
        const message = `${annotation.scope} annotation redeclared: ${file}:${row}`;
        this.problems.push({ code: 'rego_type_error', message, location: annotation.location });
      }
    }
  }

  /** The annotation that has the place already. */
  #add(annotation: Annotations, module: Module): Annotations | undefined {
    const target = targetBelow(module, annotation.location.row);
    switch (annotation.scope) {
      case 'rule':
        if (isRule(target)) this.#byRule.set(target, [...(this.#byRule.get(target) ?? []), annotation]);
        return undefined;
      case 'document':
        return isRule(target) ? keep(this.#byPath, documentPath(target, module), annotation) : undefined;
      case 'package':
        return isPackage(target) ? keep(this.#byPackage, packagePath(module), annotation) : undefined;
      default:
        return isPackage(target) ? keep(this.#byPath, packagePath(module), annotation) : undefined;
    }
  }

  /** Those that hold for a rule, from its packages' to its own. */
  of(rule: Rule, module: Module): readonly Annotations[] {
    const found = [
      ...this.#subpackages(module).map(([, annotation]) => annotation),
      this.#byPackage.get(keyOf(packagePath(module))),
      this.#byPath.get(keyOf(documentPath(rule, module))),
      ...(this.#byRule.get(rule) ?? []),
    ];
    return found.filter((annotation) => annotation !== undefined);
  }

  #subpackages(module: Module): readonly (readonly [readonly string[], Annotations])[] {
    const path = packagePath(module);
    return [...path, ''].flatMap((_, length) => {
      const outer = path.slice(0, length);
      const annotation = this.#byPath.get(keyOf(outer));
      return annotation === undefined ? [] : [[outer, annotation] as const];
    });
  }

  /** What `rego.metadata.rule()` gives in a rule. */
  metadataOf(rule: Rule): Value {
    const [nearest] = this.#byRule.get(rule) ?? [];
    return nearest === undefined ? RegoObject.empty : shown(nearest);
  }

  /** What `rego.metadata.chain()` gives: from the rule to its outermost package. */
  chainOf(rule: Rule, module: Module): Value {
    const own = [...(this.#byRule.get(rule) ?? [])].reverse();
    const document = documentPath(rule, module);
    const path = packagePath(module);
    const links: Value[] = own.map((annotation) => link(document, annotation));
    if (links.length === 0) links.push(link(document, undefined));
    for (const [at, annotation] of [
      [document, this.#byPath.get(keyOf(document))],
      [path, this.#byPackage.get(keyOf(path))],
    ] as const) {
      if (annotation !== undefined) links.push(link(at, annotation));
    }
    for (const [at, annotation] of [...this.#subpackages(module)].reverse()) links.push(link(at, annotation));
    return new RegoArray(links);
  }
}

function keyOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

function keep(
  map: Map<string, Annotations>,
  path: readonly string[],
  annotation: Annotations,
): Annotations | undefined {
  const earlier = map.get(keyOf(path));
  if (earlier === undefined) map.set(keyOf(path), annotation);
  return earlier;
}

function packagePath(module: Module): readonly string[] {
  return stringsOf(module.package.path.path);
}

/** The document that a rule is part of: its path as far as it is constant. */
function documentPath(rule: Rule, module: Module): readonly string[] {
  const { path } = rule.head.ref;
  const end = path.findIndex(({ kind }) => kind !== 'string');
  return [...packagePath(module), ruleName(rule), ...stringsOf(end < 0 ? path : path.slice(0, end))];
}

function shown({ scope, shown: fields }: Annotations): Value {
  return RegoObject.of([['scope', scope], ...fields]);
}

function link(path: readonly string[], annotation: Annotations | undefined): Value {
  const entries: (readonly [string, Value])[] = [['path', new RegoArray(path)]];
  if (annotation !== undefined) entries.push(['annotations', shown(annotation)]);
  return RegoObject.of(entries);
}
