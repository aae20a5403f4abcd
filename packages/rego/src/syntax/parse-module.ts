import { attachAnnotations, type ReadMetadata } from './annotations.ts';
import type { Body, Import, Module, Package, RegoVersion, Rule, Term } from './ast.ts';
import { type RegoProblem, RegoSourceError } from './error.ts';
import { dottedName, kindName } from './names.ts';
import { parseImport } from './parse-import.ts';
import { parseBody, parseExpressions, parseLiteral } from './parse-body.ts';
import { parseRules } from './parse-rule.ts';
import { parseInfix, parseTerm } from './parse-term.ts';
import { type Grammar, Parser, TOO_DEEP } from './parser.ts';
import { ruleFromBody } from './rule-from-body.ts';
import { keywordRuleName } from './rule-name.ts';
import { v1Problems } from './version-rules.ts';

type Statement =
  | { readonly kind: 'package'; readonly package: Package }
  | { readonly kind: 'import'; readonly import: Import }
  | { readonly kind: 'rule'; readonly rule: Rule }
  | { readonly kind: 'body'; readonly body: Body };

const GRAMMAR: Grammar = { term: parseTerm, infix: parseInfix, literal: parseLiteral, body: parseBody };

export interface ParseOptions {
  /** The name in locations and messages. */
  readonly file?: string;
  readonly version?: RegoVersion;
  /** Reads METADATA blocks; without it they are comments like others. */
  readonly readMetadata?: ReadMetadata;
  /** Go on behind a statement that cannot be read, to tell of the others, too: for people who write; OPA stops. */
  readonly recover?: boolean;
}

/** Reads a module; throws RegoSourceError with all that is wrong with it. */
export function parseModule(source: string, options: ParseOptions = {}): Module {
  const { file = '', version = 'v1', readMetadata, recover = false } = options;
  const p = new Parser(source, { file, version, grammar: GRAMMAR });
  const problems: RegoProblem[] = [];
  const statements = guarded(p, () =>
    recover ? parseStatementsAndRecover(p, problems) : parseStatements(p, true),
  );
  problems.push(...p.problems);
  const annotations = readMetadata?.(p.comments, parseTermText, problems) ?? [];
  if (problems.length > 0) throw new RegoSourceError(problems);
  const module = moduleOf(p, statements, problems);
  if (module === undefined || problems.length > 0) throw new RegoSourceError(problems);
  const attached = attachAnnotations({ ...module, annotations }, problems);
  if (problems.length > 0) throw new RegoSourceError(problems);
  return { ...module, annotations: attached };
}

/** A text that is one term and nothing else. */
function parseTermText(text: string): Term | undefined {
  try {
    const [expr, ...others] = parseQuery(text);
    return expr?.kind === 'term' && others.length === 0 ? expr.term : undefined;
  } catch (error) {
    if (error instanceof RegoSourceError) return undefined;
    throw error;
  }
}

export interface QueryOptions extends ParseOptions {
  /** Take statements for rules where they can be rules, and refuse them: as `ast.ParseBody` of OPA does, not its `eval`. */
  readonly refuseRules?: boolean;
}

/** Reads a query: expressions, separated by `;` or newlines. */
export function parseQuery(source: string, options: QueryOptions = {}): Body {
  const { file = '', version = 'v1', refuseRules = false } = options;
  const p = new Parser(source, { file, version, grammar: GRAMMAR });
  const statements = guarded(p, () => parseStatements(p, refuseRules));
  if (p.failed) throw new RegoSourceError(p.problems);
  const other = statements.find((statement) => statement.kind !== 'body');
  if (other !== undefined) {
    throw new RegoSourceError([problem(p, `expected body but got ${other.kind}`)]);
  }
  return statements.flatMap((statement) => (statement.kind === 'body' ? statement.body : []));
}

/** The stack ends before the parser's own limit where the caller has used much of it already. */
function guarded(p: Parser, parse: () => readonly Statement[]): readonly Statement[] {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    p.error(p.here(), TOO_DEEP);
    return [];
  }
}

function problem(p: Parser, message: string): RegoProblem {
  const location = { file: p.file, row: 0, col: 0, offset: 0, end: 0 };
  return { code: 'rego_parse_error', message, location };
}

function parseStatements(p: Parser, rules: boolean): readonly Statement[] {
  const statements: Statement[] = [];
  while (!p.at('eof')) {
    if (rules && keywordRuleName(p, false)) break;
    const next = parseStatement(p, rules);
    if (next === undefined) break;
    for (const statement of next) statements.push(statement);
  }
  return statements;
}

/** More faults than this nobody reads. */
const MAX_RECOVERIES = 100;

/** Statements as far as they can be read; behind a fault, the next begins at the start of a line. */
function parseStatementsAndRecover(p: Parser, problems: RegoProblem[]): readonly Statement[] {
  const statements: Statement[] = [];
  for (let faults = 0; faults < MAX_RECOVERIES && !p.at('eof'); ) {
    const { row } = p.here();
    const next = keywordRuleName(p, false) ? undefined : parseStatement(p, true);
    for (const statement of next ?? []) statements.push(statement);
    if (!p.failed) continue;
    problems.push(...p.takeProblems(row));
    faults++;
  }
  return statements;
}

/** A package, an import, rules, or expressions: the first that the source is. */
function parseStatement(p: Parser, rules: boolean): readonly Statement[] | undefined {
  const attempts = [
    ...(p.at('package') ? [parsePackageStatement] : []),
    ...(p.at('import') ? [parseImportStatement] : []),
    ...(rules ? [parseRuleStatements] : []),
  ];
  for (const attempt of attempts) {
    const state = p.save();
    const statements = attempt(p);
    if (statements !== undefined || p.failed) return statements;
    p.restore(state);
  }
  const body = parseExpressions(p, true, 'eof');
  return body && [{ kind: 'body', body }];
}

function parsePackageStatement(p: Parser): readonly Statement[] | undefined {
  const parsed = parsePackage(p);
  // Else the minus would be read as the sign of the next statement.
  if (parsed !== undefined && p.at('minus')) return p.illegal();
  return parsed && [{ kind: 'package', package: parsed }];
}

function parseImportStatement(p: Parser): readonly Statement[] | undefined {
  const parsed = parseImport(p);
  if (parsed !== undefined && p.at('minus')) return p.illegal();
  return parsed && [{ kind: 'import', import: parsed }];
}

function parseRuleStatements(p: Parser): readonly Statement[] | undefined {
  return parseRules(p)?.map((rule) => ({ kind: 'rule', rule }));
}

function parsePackage(p: Parser): Package | undefined {
  const location = p.here();
  p.scanTight();
  if (p.at('.') || p.at('[')) return undefined;
  if (p.at('whitespace')) p.scan();
  if (!p.acceptKeywordAsName()) return p.illegal();
  const term = parseTerm(p);
  if (term === undefined) return p.failed ? undefined : p.error(p.here(), 'expected path');
  const names = term.kind === 'ref' ? [term.head, ...term.path] : [term];
  if (term.kind !== 'ref' && term.kind !== 'var') return p.illegal();
  const path: Term[] = [];
  for (const [at, name] of names.entries()) {
    const wanted = at === 0 ? 'var' : 'string';
    if (name.kind !== 'var' && name.kind !== 'string') return unexpectedInPath(p, name, wanted);
    if (name.kind !== wanted) return unexpectedInPath(p, name, wanted);
    const value = name.kind === 'var' ? name.name : name.value;
    path.push({ kind: 'string', value, location: name.location });
  }
  const head = { kind: 'var' as const, name: 'data', location: names[0]?.location ?? location };
  return { path: { kind: 'ref', head, path, location: term.location }, location };
}

function unexpectedInPath(p: Parser, name: Term, wanted: string): undefined {
  return p.error(name.location, `unexpected ${kindName(name)} token: expecting ${wanted}`);
}

function moduleOf(p: Parser, statements: readonly Statement[], problems: RegoProblem[]): Module | undefined {
  const [first] = statements;
  if (first === undefined) {
    problems.push(problem(p, 'empty module'));
    return undefined;
  }
  if (first.kind !== 'package') {
    problems.push({ code: 'rego_parse_error', message: 'package expected', location: placeOf(p, first) });
  }
  const imports: Import[] = [];
  const rules: Rule[] = [];
  for (const [at, statement] of statements.entries()) {
    if (at === 0) continue;
    if (statement.kind === 'import') imports.push(statement.import);
    else if (statement.kind === 'rule') rules.push(statement.rule);
    else if (statement.kind === 'package') {
      problems.push({
        code: 'rego_parse_error',
        message: 'unexpected package',
        location: statement.package.location,
      });
    } else {
      const rule = ruleFromBody(statement.body);
      if (typeof rule !== 'string') rules.push(rule);
      else problems.push(bodyProblem(p, statements, at, rule));
    }
  }
  problems.push(...versionProblems(p.version, imports, rules));
  if (first.kind !== 'package') return undefined;
  return {
    file: p.file,
    version: p.version,
    package: first.package,
    imports,
    rules,
    comments: p.comments,
    annotations: [],
  };
}

function placeOf(p: Parser, statement: Statement): RegoProblem['location'] {
  if (statement.kind === 'package') return statement.package.location;
  if (statement.kind === 'import') return statement.import.location;
  if (statement.kind === 'rule') return statement.rule.location;
  return statement.body[0]?.location ?? p.here();
}

function bodyProblem(p: Parser, statements: readonly Statement[], at: number, message: string): RegoProblem {
  const statement = statements[at];
  const location = statement === undefined ? p.here() : placeOf(p, statement);
  const keyword = p.hasKeyword('if') ? undefined : missingKeyword(p, statements, at);
  const use = keyword === 'if' ? 'p if { ... }' : 'p contains x';
  const hint =
    keyword === undefined ? '' : ` (hint: \`import future.keywords.${keyword}\` for \`${use}\` rules)`;
  return { code: 'rego_parse_error', message: message + hint, location };
}

/** In v0 `p if { … }` reads as the expression `p` and a rule named `if`. */
function missingKeyword(p: Parser, statements: readonly Statement[], at: number): string | undefined {
  const [first, second] = statements.slice(at, at + 2);
  if (first === undefined) return undefined;
  const own = headKeyword(first);
  if (own !== undefined || second === undefined) return own;
  return placeOf(p, first).row === placeOf(p, second).row ? headKeyword(second) : undefined;
}

function headKeyword(statement: Statement): string | undefined {
  let term: Term | undefined;
  if (statement.kind === 'rule' && statement.rule.head.ref.path.length === 0)
    term = statement.rule.head.ref.head;
  if (statement.kind === 'body' && statement.body.length === 1) {
    const [expr] = statement.body;
    if (expr?.kind === 'term') term = expr.term;
  }
  return term?.kind === 'var' && (term.name === 'if' || term.name === 'contains') ? term.name : undefined;
}

/** A module of v0 that imports `rego.v1` must keep the rules of v1, too. */
function versionProblems(
  version: RegoVersion,
  imports: readonly Import[],
  rules: readonly Rule[],
): readonly RegoProblem[] {
  const imported = new Set(imports.map(({ path }) => dottedName(path)));
  const isV2 = version === 'v2' || imported.has('rego.v2');
  if (version === 'v0' && !imported.has('rego.v1') && !isV2) return [];
  return rules.flatMap((rule) => v1Problems(rule));
}
