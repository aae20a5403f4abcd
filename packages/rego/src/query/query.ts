/** Queries as `opa eval` asks them: answers tell the value of each expression beside what variables are bound to. */
import { CORE_BUILTINS } from '../builtins/index.ts';
import { type PolicyOptions, compileModules } from '../compile.ts';
import type { EvaluateOptions, Policy, Query } from '../evaluate/policy.ts';
import type { Answer } from '../evaluate/compile.ts';
import type { BuiltinFailure } from '../evaluate/machine.ts';
import type { Body, Head, Location, Module, RefTerm, RegoVersion } from '../syntax/ast.ts';
import { RegoSourceError } from '../syntax/error.ts';
import { parseQuery } from '../syntax/parse-module.ts';
import type { Value } from '../values/value.ts';
import { type Capture, captureValues, functionArities, isCaptureName } from './capture.ts';

export interface ExpressionValue {
  readonly value: Value;
  /** As it is written in the query. */
  readonly text: string;
  readonly location: Location;
}

export interface QueryAnswer {
  readonly expressions: readonly ExpressionValue[];
  readonly bindings: ReadonlyMap<string, Value>;
}

export interface QueryEvaluation {
  readonly answers: readonly QueryAnswer[];
  readonly failures: readonly BuiltinFailure[];
}

export interface QueryOptions extends PolicyOptions {
  readonly version?: RegoVersion;
}

/** A query with the modules that it is asked of. The built-ins of the core are always there. */
export class ModuleQuery {
  readonly policy: Policy;
  private readonly text: string;
  private readonly query: Query;
  private readonly captures: readonly Capture[];

  /** Throws RegoSourceError with what `opa eval` would report of modules and query. */
  constructor(modules: readonly Module[], text: string, options: QueryOptions = {}) {
    const { version = 'v1', strict = false, builtins = [], ...others } = options;
    const rest = { ...others, builtins: [CORE_BUILTINS, ...builtins] };
    const body = parseQuery(text, { version });
    if (body.length === 0) throw emptyQuery();
    // The strict rules are about what others are to read: a query may leave a variable unused.
    if (strict) compileModules(modules, { ...rest, strict });
    const { body: capturing, captures } = captureValues(body, functionArities(modules));
    this.policy = withoutCaptures(() =>
      compileModules(modules, { ...rest, query: moduleOf(capturing, version) }),
    );
    this.query = this.policy.prepareBody(capturing);
    this.text = text;
    this.captures = inOrder(captures, this.query.order);
  }

  /** Throws EvaluationError for what stops an evaluation. */
  evaluate(options: EvaluateOptions = {}): QueryEvaluation {
    const { answers, failures } = this.query.evaluate(options);
    return { answers: answers.map((answer) => this.answerOf(answer)), failures };
  }

  private answerOf(answer: Answer): QueryAnswer {
    const expressions = this.captures.map(({ expr: { location }, variable }) => ({
      value: valueOf(answer, variable),
      text: this.text.slice(location.offset, location.end),
      location,
    }));
    return { expressions, bindings: new Map([...answer].filter(([name]) => !isCaptureName(name))) };
  }
}

/** What is wrong with an expression is no news of the variable that holds its value. */
function withoutCaptures(compilation: () => Policy): Policy {
  try {
    return compilation();
  } catch (error) {
    if (!(error instanceof RegoSourceError)) throw error;
    throw new RegoSourceError(error.problems.filter(({ message }) => !ABOUT_CAPTURE.test(message)));
  }
}

const ABOUT_CAPTURE = /^var value \d+ is unsafe$/;

/** What has no value of its own has held. */
function valueOf(answer: Answer, variable: string | undefined): Value {
  const value = variable === undefined ? true : answer.get(variable);
  // Null is a value.
  return value === undefined ? true : value;
}

/** The expressions in the order in which they are evaluated. */
function inOrder(captures: readonly Capture[], order: readonly Location[]): readonly Capture[] {
  const places = captures.map(({ expr: { location } }) =>
    order.findLastIndex(({ offset }) => offset >= location.offset && offset < location.end),
  );
  return captures
    .map((capture, index) => ({ capture, place: places[index] ?? -1 }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ capture }) => capture);
}

const NO_PLACE: Location = { file: '', row: 0, col: 0, offset: 0, end: 0 };
/** Of the module that a query is checked in: no source can write it. */
const PACKAGE = '\u0000query';

/** The query as the body of a rule. */
function moduleOf(body: Body, version: RegoVersion): Module {
  const location = NO_PLACE;
  const path: RefTerm = {
    kind: 'ref',
    head: { kind: 'var', name: 'data', location },
    path: [{ kind: 'string', value: PACKAGE, location }],
    location,
  };
  const head: Head = {
    ref: { kind: 'ref', head: { kind: 'var', name: 'answer', location }, path: [], location },
    args: undefined,
    key: undefined,
    value: { kind: 'boolean', value: true, location },
    valueGenerated: true,
    assign: false,
    contains: false,
    location,
  };
  const rule = { kind: 'rule', default: false, head, body, bodyGenerated: false, if: true } as const;
  return {
    file: '',
    version,
    package: { path, location },
    imports: [],
    rules: [{ ...rule, else: undefined, chained: false, location }],
    comments: [],
    annotations: [],
  };
}

function emptyQuery(): RegoSourceError {
  return new RegoSourceError([{ code: 'rego_parse_error', message: 'empty query', location: NO_PLACE }]);
}
