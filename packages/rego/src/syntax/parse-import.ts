import type { Import, Location, RefTerm, Term } from './ast.ts';
import { dottedName, isRootDocument, kindName } from './names.ts';
import { parseTerm } from './parse-term.ts';
import type { Parser } from './parser.ts';
import { FUTURE_KEYWORDS, V1_KEYWORDS } from './token.ts';

/** `import path as alias`, and the keywords that it switches on. Undefined where `import` is a name. */
export function parseImport(p: Parser): Import | undefined {
  const location = p.here();
  p.scanTight();
  if (p.at('.') || p.at('[')) return undefined;
  if (p.at('whitespace')) p.scan();
  if (!p.acceptKeywordAsName()) return p.illegal();
  const path = parsePath(p);
  if (path === undefined) return undefined;
  const root = path.head.kind === 'var' ? path.head.name : '';
  if (!isRootDocument(root) && root !== 'future' && root !== 'rego') return unexpectedRoot(p, path);
  const alias = p.at('as') ? parseAlias(p) : undefined;
  if (alias === null) return undefined;
  if (alias === undefined) checkLastName(p, path, root);
  const parsed = { path, alias: alias?.name, aliasLocation: alias?.location, location };
  if (root === 'rego') importRego(p, parsed);
  if (root === 'future') importFuture(p, parsed);
  return parsed;
}

function parsePath(p: Parser): RefTerm | undefined {
  // `future.keywords.in` names a keyword that may be known already.
  const term = p.withoutFutureKeywords(() => parseTerm(p));
  const wrong = term?.kind === 'ref' ? term.path.find((part) => part.kind !== 'string') : undefined;
  if (wrong !== undefined) {
    return p.error(wrong.location, `unexpected ${kindName(wrong)} token: expecting string`);
  }
  if (term?.kind === 'ref') return term;
  if (term?.kind === 'var') return { kind: 'ref', head: term, path: [], location: term.location };
  return p.error(p.here(), 'expected path');
}

function unexpectedRoot(p: Parser, path: RefTerm): undefined {
  const found = p.text(path.head.location);
  p.hint('if this is unexpected, try updating OPA');
  return p.error(
    path.location,
    `unexpected import path, must begin with one of: {data, future, input, rego}, got: ${found}`,
  );
}

/** Null where the alias is malformed. */
function parseAlias(p: Parser): { readonly name: string; readonly location: Location } | null {
  p.scan();
  const alias: Term | undefined = p.at('identifier') ? parseTerm(p) : undefined;
  if (alias?.kind === 'var') return { name: alias.name, location: alias.location };
  if (alias?.kind === 'ref' && alias.path.length === 0) {
    const name = p.text(alias.location);
    p.error(alias.location, `unexpected import alias, must not be a reserved name, got: ${name}`);
  } else p.illegal('expected var');
  return null;
}

/** Without an alias the last name of the path is that of the import, which no keyword can be. */
function checkLastName(p: Parser, { head, path }: RefTerm, root: string): void {
  const last = path.at(-1) ?? head;
  if (root === 'future' && path.length > 0) return;
  const name = last.kind === 'string' ? last.value : last.kind === 'var' ? last.name : '';
  if (!p.isKeywordOfVersion(name)) return;
  p.hint('import a different path or use an alias');
  p.error(last.location, `unexpected import path, must not end with a keyword, got: ${name}`);
}

function importRego(p: Parser, { path, aliasLocation }: Import): void {
  const name = dottedName(path);
  if (name !== 'rego.v1' && name !== 'rego.v2') {
    p.error(path.location, `invalid import \`${name}\`, must be one of: \`rego.v1\`, \`rego.v2\``);
    return;
  }
  if (aliasLocation !== undefined) {
    p.error(aliasLocation, '`rego` imports cannot be aliased');
    return;
  }
  if (name === `rego.${p.version}`) return;
  p.addKeywords(V1_KEYWORDS);
  if (name === 'rego.v1') return;
  p.addKeywords(FUTURE_KEYWORDS);
  p.notBodies = true;
}

function importFuture(p: Parser, { path, aliasLocation }: Import): void {
  const [first, keyword] = path.path;
  if (first?.kind !== 'string' || first.value !== 'keywords') {
    p.error(path.location, 'invalid import, must be `future.keywords`');
    return;
  }
  if (aliasLocation !== undefined) {
    p.error(aliasLocation, '`future` imports cannot be aliased');
    return;
  }
  if (path.path.length !== 2 || keyword?.kind !== 'string') {
    p.addKeywords(FUTURE_KEYWORDS);
    p.notBodies = true;
    return;
  }
  const token = FUTURE_KEYWORDS.get(keyword.value);
  if (token === undefined) {
    const known = [...FUTURE_KEYWORDS.keys()].toSorted().join(' ');
    p.error(path.location, `unexpected keyword, must be one of [${known}]`);
    return;
  }
  if (token === 'not') p.notBodies = true;
  p.addKeywords([[keyword.value, token]]);
}
