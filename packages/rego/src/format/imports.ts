/** The imports that a module needs in the version for which it is written. */
import type { Expr, Import, Location, Module } from '../syntax/ast.ts';
import { calledName, dottedName } from '../syntax/names.ts';
import { MEMBER, MEMBER_WITH_KEY } from '../syntax/operators.ts';
import { visitRule } from '../syntax/visit.ts';
import type { Target } from './target.ts';

/** Of what the formatter adds itself. */
const ADDED = '__added__';
const V1_FUTURE: ReadonlySet<string> = new Set(['not', 'and', 'or']);

function pathOf({ path }: Import): string {
  return dottedName(path) ?? '';
}

/** The keyword of `import future.keywords.x`; empty for all of them. */
export function futureKeyword(one: Import): string | undefined {
  const match = /^future\.keywords(?:\.(\w+))?$/.exec(pathOf(one));
  return match === null ? undefined : (match[1] ?? '');
}

export function isVersionImport(one: Import, version: 'v1' | 'v2'): boolean {
  return pathOf(one) === `rego.${version}`;
}

export function isAdded({ location }: Import): boolean {
  return location.file === ADDED;
}

export function importsFor(module: Module, target: Target, dropRedundant: boolean): readonly Import[] {
  const { imports } = module;
  if (target.min === 'v2') {
    const isDirective = (one: Import): boolean =>
      isVersionImport(one, 'v1') || isVersionImport(one, 'v2') || futureKeyword(one) !== undefined;
    return dropRedundant ? imports.filter((one) => !isDirective(one)) : imports;
  }
  if (target.max === 'v2') {
    return withVersion(imports, 'v2').filter(
      (one) => !isVersionImport(one, 'v1') && futureKeyword(one) === undefined,
    );
  }
  return importsBelowV2(module, target, dropRedundant);
}

function importsBelowV2(module: Module, target: Target, dropRedundant: boolean): readonly Import[] {
  let imports = module.imports;
  const hasV2 = imports.some((one) => isVersionImport(one, 'v2'));
  if (hasV2 || (target.min === 'v1' && dropRedundant)) {
    imports = imports.filter((one) => !isVersionImport(one, 'v1'));
  } else if (target.min !== target.max) imports = withVersion(imports, 'v1');
  const isV1 = hasV2 || imports.some((one) => isVersionImport(one, 'v1'));
  const used = usedKeywords(module);
  if (target.max !== 'v1' && !isV1) return [...used].reduce(withKeyword, imports);
  if (dropRedundant || isV1) imports = imports.filter((one) => futureKeyword(one) === undefined);
  if (hasV2) return imports;
  return [...used].filter((keyword) => V1_FUTURE.has(keyword)).reduce(withKeyword, imports);
}

function withVersion(imports: readonly Import[], version: 'v1' | 'v2'): readonly Import[] {
  if (imports.some((one) => isVersionImport(one, version))) return imports;
  return [...imports, addedImport(imports, 'rego', [version])];
}

function withKeyword(imports: readonly Import[], keyword: string): readonly Import[] {
  const isThere = imports.map(futureKeyword).some((known) => {
    return known === '' || known === keyword || (known === 'every' && keyword === 'in');
  });
  return isThere ? imports : [...imports, addedImport(imports, 'future', ['keywords', keyword])];
}

/** Below the other directives, or at the top. */
function addedImport(imports: readonly Import[], root: string, path: readonly string[]): Import {
  const rows = imports
    .filter((one) => pathOf(one).startsWith('future.') || isVersionImport(one, 'v1'))
    .map(({ location }) => location.row);
  const row = rows.length === 0 ? 1 : Math.max(...rows) + 1;
  const location: Location = { file: ADDED, row, col: 1, offset: 0, end: 0 };
  return {
    path: {
      kind: 'ref',
      head: { kind: 'var', name: root, location },
      path: path.map((value) => ({ kind: 'string', value, location })),
      location,
    },
    alias: undefined,
    aliasLocation: undefined,
    location,
  };
}

/** The keywords that expressions of the module need. */
function usedKeywords(module: Module): ReadonlySet<string> {
  const keywords = new Set<string>();
  for (const rule of module.rules) {
    visitRule(rule, {
      expr: (expr) => {
        const keyword = keywordOf(expr);
        if (keyword !== undefined) keywords.add(keyword);
        if (expr.negated && expr.kind === 'logical') keywords.add('not');
        return false;
      },
    });
  }
  return keywords;
}

function keywordOf(expr: Expr): string | undefined {
  switch (expr.kind) {
    case 'every':
    case 'not':
      return expr.kind;
    case 'logical':
      return expr.operator;
    case 'term': {
      const name = calledName(expr.term);
      return name === MEMBER || name === MEMBER_WITH_KEY ? 'in' : undefined;
    }
    default:
      return undefined;
  }
}
