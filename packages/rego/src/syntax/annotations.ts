/** What METADATA blocks are about: the package or rule below them. */
import type { Annotations, Comment, Module, Term } from './ast.ts';
import type { RegoProblem } from './error.ts';

/** Reads a term of Rego; undefined where the text is none. */
export type ReadTerm = (text: string) => Term | undefined;

/** The METADATA blocks among the comments of a module, in order; what cannot be read goes to `problems`. */
export type ReadMetadata = (
  comments: readonly Comment[],
  readTerm: ReadTerm,
  problems: RegoProblem[],
) => readonly Annotations[];

/** What an annotation stands above. */
export type AnnotationTarget = Module['package'] | Module['imports'][number] | Module['rules'][number];

/** The first statement below a row. */
export function targetBelow(module: Module, row: number): AnnotationTarget | undefined {
  const statements: AnnotationTarget[] = [module.package, ...module.imports, ...module.rules];
  return statements
    .filter(({ location }) => location.row > row)
    .reduce<AnnotationTarget | undefined>(
      (first, next) => (first === undefined || next.location.row < first.location.row ? next : first),
      undefined,
    );
}

export function isRule(target: AnnotationTarget | undefined): target is Module['rules'][number] {
  return target !== undefined && 'head' in target;
}

export function isPackage(target: AnnotationTarget | undefined): target is Module['package'] {
  return target !== undefined && !('head' in target) && !('alias' in target);
}

/** Gives annotations the scope that their place means, and says which cannot stand where they do. */
export function attachAnnotations(module: Module, problems: RegoProblem[]): readonly Annotations[] {
  return module.annotations.map((annotation) => {
    const target = targetBelow(module, annotation.location.row);
    const scope = annotation.scope === '' ? scopeOf(target, annotation.entrypoint) : annotation.scope;
    for (const message of misplaced(scope, annotation.entrypoint, target)) {
      problems.push({ code: 'rego_parse_error', message, location: annotation.location });
    }
    return { ...annotation, scope };
  });
}

function scopeOf(target: AnnotationTarget | undefined, entrypoint: boolean): string {
  if (target === undefined) return '';
  if (isRule(target)) return entrypoint ? 'document' : 'rule';
  return isPackage(target) ? 'package' : 'import';
}

function misplaced(
  scope: string,
  entrypoint: boolean,
  target: AnnotationTarget | undefined,
): readonly string[] {
  const have =
    target === undefined
      ? ''
      : ` (have ${isRule(target) ? 'rule' : isPackage(target) ? 'package' : 'import'})`;
  const messages: string[] = [];
  if (scope === 'rule' || scope === 'document') {
    if (!isRule(target)) messages.push(`annotation scope '${scope}' must be applied to rule${have}`);
  } else if (scope === 'package' || scope === 'subpackages') {
    if (!isPackage(target)) messages.push(`annotation scope '${scope}' must be applied to package${have}`);
  } else {
    messages.push(
      `invalid annotation scope '${scope}'. Use one of 'rule', 'document', 'package', or 'subpackages'`,
    );
  }
  if (entrypoint && scope !== 'document' && scope !== 'package') {
    messages.push(`annotation entrypoint applied to non-document or package scope '${scope}'`);
  }
  return messages;
}
