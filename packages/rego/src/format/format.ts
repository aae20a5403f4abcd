/** `opa fmt`: modules in the one layout that all of them share. */
import type { Comment, Import, Module, RegoVersion, Rule } from '../syntax/ast.ts';
import { RegoSourceError } from '../syntax/error.ts';
import { parseModule } from '../syntax/parse-module.ts';
import { FUTURE_KEYWORDS, KEYWORDS } from '../syntax/token.ts';
import { compareStrings } from '../values/order.ts';
import { futureKeyword, importsFor, isAdded, isVersionImport } from './imports.ts';
import type { Target } from './target.ts';
import { checkForTarget } from './target-checks.ts';
import { writeBody, writeExpr } from './write-expr.ts';
import { writeRules } from './write-rule.ts';
import { writeRef } from './write-term.ts';
import { commentText, type Dialect, Writer } from './writer.ts';

export interface FormatOptions {
  readonly file?: string;
  /** Of the source, and of the result unless `to` says more. */
  readonly version?: RegoVersion;
  /** The latest version in which the result must mean the same. */
  readonly to?: RegoVersion;
  /** Leave out imports that the version makes superfluous. */
  readonly dropRedundantImports?: boolean;
  /** Refs may hold keywords behind a dot, as in OPA since 1.9. */
  readonly keywordsInRefs?: boolean;
}

/** The source in OPA's layout; throws RegoSourceError where it is no module, or none of the target version. */
export function formatModule(source: string, options: FormatOptions = {}): string {
  try {
    return format(source, options);
  } catch (error) {
    // The stack ended: V8 has no other RangeError here.
    if (!(error instanceof RangeError)) throw error;
    const location = { file: options.file ?? '', row: 0, col: 0, offset: 0, end: 0 };
    const message = 'terms are nested too deeply to be formatted';
    throw new RegoSourceError([{ code: 'rego_compile_error', message, location }]);
  }
}

function format(source: string, options: FormatOptions): string {
  const { file = '', version = 'v1', to = version } = options;
  const module = parseModule(source, { file, version });
  const target: Target = { min: version, max: to };
  checkForTarget(module, target);
  const dialect = dialectOf(module, target, options.keywordsInRefs ?? true);
  const comments = module.comments
    .map((comment) => ({ ...comment, text: comment.text.trimEnd() }))
    .toSorted((a, b) => a.location.row - b.location.row || a.location.col - b.location.col);
  const layout = { expr: writeExpr, body: writeBody };
  const w = new Writer(source, comments, { version, dialect, layout });
  writeModule(w, module, importsFor(module, target, options.dropRedundantImports ?? false));
  if (w.problems.length > 0) throw new RegoSourceError(w.problems);
  return w.result;
}

function dialectOf(module: Module, target: Target, keywordsInRefs: boolean): Dialect {
  const v1 = target.max !== 'v0';
  const directives = module.imports.map(futureKeyword);
  const imported = new Set(directives);
  const all =
    imported.has('') ||
    module.imports.some((one) => isVersionImport(one, 'v1') || isVersionImport(one, 'v2'));
  const v2 = target.max === 'v2';
  const base = v2 || module.imports.some((one) => isVersionImport(one, 'v2')) ? 'v2' : v1 ? 'v1' : 'v0';
  const more = [...imported].filter((keyword) => keyword !== undefined && FUTURE_KEYWORDS.has(keyword));
  return {
    contains: v1 || all || imported.has('contains'),
    if: v1 || all || imported.has('if'),
    refHeads: module.rules.some(needsRefHead),
    v1,
    v2,
    keywords: new Set([...KEYWORDS[base].keys(), ...more.map(String)]),
    keywordsInRefs,
  };
}

function needsRefHead({ head }: Rule): boolean {
  const { length } = head.ref.path;
  return length > 1 || (length === 1 && head.key !== undefined && head.value === undefined);
}

function writeModule(w: Writer, module: Module, imports: readonly Import[]): void {
  w.insertComments(module.package.location);
  w.startLine();
  w.write('package ');
  const { path } = module.package;
  const [first, ...rest] = path.path;
  if (first?.kind === 'string') {
    const head = { kind: 'var' as const, name: first.value, location: first.location };
    writeRef(w, { ...path, head, path: rest });
  }
  w.blankLine();
  const firstRule = module.rules.reduce(
    (row, { location }) => Math.min(row, location.row),
    Number.POSITIVE_INFINITY,
  );
  // An import behind a rule would come too late.
  const early = imports.some((one) => isAdded(one) && one.location.row >= firstRule)
    ? imports.filter(isAdded)
    : [];
  writeImports(w, early);
  for (const group of runsOf(
    module,
    imports.filter((one) => !early.includes(one)),
  )) {
    writeImports(w, group.imports);
    writeRules(w, group.rules);
  }
  writeRest(w, w.comments);
}

function writeRest(w: Writer, comments: readonly Comment[]): void {
  for (const comment of comments) w.writeLine(commentText(comment));
}

interface Run {
  readonly imports: Import[];
  readonly rules: Rule[];
}

/** Imports and the rules behind them, as often as they take turns. */
function runsOf(module: Module, imports: readonly Import[]): readonly Run[] {
  const statements = [...imports, ...module.rules].toSorted(
    (a, b) => a.location.row - b.location.row || a.location.col - b.location.col,
  );
  const runs: Run[] = [];
  for (const statement of statements) {
    const last = runs.at(-1);
    if ('head' in statement) {
      if (last === undefined) runs.push({ imports: [], rules: [statement] });
      else last.rules.push(statement);
    } else if (last === undefined || last.rules.length > 0) runs.push({ imports: [statement], rules: [] });
    else last.imports.push(statement);
  }
  return runs;
}

/** Sorted within the groups that blank lines make; a comment in the row of an import stays with it. */
function writeImports(w: Writer, imports: readonly Import[]): void {
  if (imports.length === 0) return;
  const own = new Map<Import, Comment>();
  w.comments = w.comments.filter((comment) => {
    const owner = imports.find(({ location }) => location.row === comment.location.row);
    if (owner !== undefined) own.set(owner, comment);
    return owner === undefined;
  });
  for (const group of groupsOf(imports)) {
    const [first] = group;
    if (first !== undefined) w.insertComments(first.location);
    for (const one of group.toSorted(compareImports)) {
      w.startLine();
      writeImport(w, one);
      const comment = own.get(one);
      if (comment !== undefined) w.write(` ${commentText(comment)}`);
      w.endLine();
    }
    w.blankLine();
  }
}

function groupsOf(imports: readonly Import[]): readonly (readonly Import[])[] {
  const groups: Import[][] = [];
  for (const one of imports) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group === undefined || last === undefined || one.location.row - last.location.row > 1)
      groups.push([one]);
    else group.push(one);
  }
  return groups;
}

function namesOf({ path: { head, path } }: Import): readonly string[] {
  const names = path.map((part) => (part.kind === 'string' ? part.value : ''));
  return [head.kind === 'var' ? head.name : '', ...names];
}

function compareImports(a: Import, b: Import): number {
  const [p, q] = [namesOf(a), namesOf(b)];
  for (let at = 0; at < p.length && at < q.length; at++) {
    const order = compareStrings(p[at] ?? '', q[at] ?? '');
    if (order !== 0) return order;
  }
  return p.length - q.length || compareStrings(a.alias ?? '', b.alias ?? '');
}

function writeImport(w: Writer, one: Import): void {
  w.write('import ');
  if (isAdded(one) || futureKeyword(one) !== undefined) w.write(namesOf(one).join('.'));
  else writeRef(w, one.path);
  if (one.alias !== undefined) w.write(` as ${one.alias.startsWith('$') ? '_' : one.alias}`);
}
