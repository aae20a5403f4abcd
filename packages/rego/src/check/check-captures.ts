/** Template strings and `print` take undefined values, but no variables that nothing binds. */
import { signatureOf } from '../builtins/signatures.ts';
import type { CallStatement, ComprehensionNode, Node, Statement, Variable } from '../plan/ir.ts';
import { statementOutputs } from '../plan/safety.ts';
import { allVariables } from '../plan/variables.ts';
import type { Location, Module, Term } from '../syntax/ast.ts';
import { calledName } from '../syntax/names.ts';
import { termText } from '../syntax/text.ts';
import { visitRule } from '../syntax/visit.ts';
import type { Findings } from './findings.ts';
import { NO_PLACE } from './names.ts';
import { chainOf, type Definition } from './rule-tree.ts';
import { bodiesOf, nodesOf, walkNode, walkStatement } from './walk.ts';

type Variables = ReadonlySet<Variable>;
type Capturing = 'internal.template_string' | 'internal.print';

/** What parts of template strings cannot be. */
export function checkTemplateParts(modules: readonly Module[], findings: Findings): void {
  for (const rule of modules.flatMap((module) => module.rules)) {
    visitRule(rule, {
      term: (term) => {
        if (term.kind === 'template-string') checkParts(term, findings);
        return false;
      },
    });
  }
}

function checkParts({ parts }: Term & { readonly kind: 'template-string' }, findings: Findings): void {
  for (const part of parts) {
    if (part.kind === 'string') continue;
    const { expr } = part;
    if (expr.kind !== 'term') {
      const type = expr.kind === 'not' ? 'Not' : expr.operator === 'and' ? 'LogicalAnd' : 'LogicalOr';
      const message = `unexpected template-string expression type: *ast.${type}`;
      findings.stop('rego_compile_error', message, expr.location);
    } else if (calledName(expr.term) === 'walk') {
      const message = "illegal call to relation built-in 'walk' that may cause multiple outputs";
      findings.stop('rego_compile_error', message, NO_PLACE);
    }
  }
}

/** Calls that give no value, where one is needed. */
export function checkVoidCalls(modules: readonly Module[], findings: Findings): void {
  const report = (term: Term, location: Location): void => {
    const name = calledName(term);
    const signature = name === undefined ? undefined : signatureOf(name);
    if (signature === undefined || signature.result !== undefined) return;
    findings.stop('rego_type_error', `${termText(term)} used as value`, location);
  };
  for (const rule of modules.flatMap((module) => module.rules)) {
    const statements = new Set<Term>();
    visitRule(rule, {
      expr: (expr) => {
        if (expr.kind === 'term') statements.add(expr.term);
        return false;
      },
      term: (term) => {
        if (term.kind === 'template-string') {
          for (const part of term.parts) {
            if (part.kind !== 'string' && part.expr.kind === 'term') report(part.expr.term, NO_PLACE);
          }
        }
        if (!statements.has(term)) report(term, term.location);
        return false;
      },
    });
  }
}

/** Variables in template strings must be bound somewhere in the body, those in `print` before it. */
export function checkCaptures(
  definitions: readonly Definition[],
  capturing: Capturing,
  findings: Findings,
): void {
  for (const { clause } of definitions.flatMap(chainOf)) {
    new CaptureCheck(capturing, findings).body(clause.body, allVariables(...(clause.args ?? [])));
  }
}

class CaptureCheck {
  readonly #capturing: Capturing;
  readonly #findings: Findings;

  constructor(capturing: Capturing, findings: Findings) {
    this.#capturing = capturing;
    this.#findings = findings;
  }

  body(body: readonly Statement[], outer: Variables): void {
    const everywhere = this.#capturing === 'internal.template_string';
    const all = everywhere ? boundBy(body, outer) : outer;
    let safe = all;
    for (const statement of body) {
      this.#statement(statement, safe);
      if (!everywhere) safe = new Set([...boundBy([statement], safe), ...assignedBy(statement)]);
    }
  }

  #statement(statement: Statement, safe: Variables): void {
    if (statement.kind === 'call' && statement.callee.type === 'builtin') {
      if (statement.callee.name === this.#capturing) this.#call(statement, safe);
    }
    for (const node of nodesOf(statement)) this.#closures(node, safe);
    const known = statement.kind === 'every' ? new Set([...safe, ...keyAndValue(statement)]) : safe;
    for (const body of bodiesOf(statement)) this.body(body, known);
  }

  #closures(node: Node, safe: Variables): void {
    walkNode(node, {
      node: (inner) => {
        if (inner.kind !== 'comprehension') return false;
        this.body(inner.body, safe);
        return true;
      },
    });
  }

  #call({ args }: CallStatement, safe: Variables): void {
    const [list] = args;
    const parts = list?.kind === 'array' ? list.items : [];
    for (const part of parts) {
      if (part.kind !== 'comprehension') continue;
      for (const variable of this.#needed(part)) {
        if (safe.has(variable)) continue;
        const name = variable.name.startsWith('$') ? '_' : variable.name;
        this.#findings.stop('rego_compile_error', `var ${name} is undeclared`, part.location);
      }
    }
  }

  /** The variables that somebody wrote in the part; a variable alone is left to the check of safety. */
  #needed({ body }: ComprehensionNode): Variables {
    const variables = new Set<Variable>();
    const last = body.at(-1);
    const isTemplate = this.#capturing === 'internal.template_string';
    if (isTemplate && last?.kind === 'unify' && last.right.kind === 'variable' && body.length === 1)
      return variables;
    for (const statement of body) {
      walkStatement(statement, {
        node: (node) => {
          if (node.kind === 'comprehension') return true;
          if (node.kind === 'variable') variables.add(node.variable);
          if (node.kind === 'ref' && typeof node.head !== 'string') variables.add(node.head);
          return false;
        },
      });
    }
    return new Set([...variables].filter(({ isGenerated }) => !isGenerated));
  }
}

function keyAndValue({ key, value }: Statement & { readonly kind: 'every' }): readonly Variable[] {
  return key === undefined ? [value] : [key, value];
}

/** What is declared is known to `print`, whether or not it can be evaluated. */
function assignedBy(statement: Statement): Iterable<Variable> {
  return statement.kind === 'unify' && statement.isAssignment ? allVariables(statement.left) : [];
}

function boundBy(body: readonly Statement[], outer: Variables): Variables {
  const bound = new Set(outer);
  for (const statement of body)
    for (const variable of statementOutputs(statement, bound)) bound.add(variable);
  return bound;
}
