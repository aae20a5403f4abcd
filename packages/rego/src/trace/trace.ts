/** What happened in an evaluation, step by step, as `opa eval --explain` tells it. */
import { type BuiltinGroup, functions } from '../builtins/builtin.ts';
import { Observer, type TraceEvent } from '../evaluate/observe.ts';
import type { Location, Module, Rule } from '../syntax/ast.ts';
import { dottedName } from '../syntax/names.ts';
import { quotedText } from '../values/text.ts';
import type { RegoObject } from '../values/value.ts';

/** All steps; those that call `trace`; those that did not hold. The rules around them always belong to it. */
export type TraceMode = 'full' | 'notes' | 'fails';

export interface TraceStep {
  readonly op: 'Enter' | 'Exit' | 'Eval' | 'Fail' | 'Note';
  /** The name of a rule, or an expression as it is written, on one line. */
  readonly node: string;
  readonly location: Location;
  /** How many rules are being evaluated around it. */
  readonly depth: number;
  /** What variables were bound to where an expression did not hold. */
  readonly locals: RegoObject;
}

export interface TracedSource {
  readonly module: Module;
  readonly text: string;
}

/** More steps than this nobody reads; the evaluation goes on without them. */
const MAX_STEPS = 100_000;

const OPS = { enter: 'Enter', exit: 'Exit', eval: 'Eval', fail: 'Fail', note: 'Note' } as const;

/** Keeps the steps of the evaluations that its observer is given to. */
export class Trace {
  readonly observer: Observer;
  /** Steps that came after so many that no more are kept. */
  leftOut = 0;
  private readonly kept: TraceEvent[] = [];
  private readonly around: TraceEvent[] = [];
  private readonly told = new Set<TraceEvent>();
  private readonly mode: TraceMode;

  constructor(mode: TraceMode) {
    this.mode = mode;
    this.observer = new Observer((event) => this.hear(event));
  }

  /** `sources` are the modules of the policy; `query` is the text of what was asked. */
  steps(sources: readonly TracedSource[], query: string): readonly TraceStep[] {
    const texts = new Map(sources.map(({ module, text }) => [module.file, text]));
    const names = new Map(
      sources.flatMap(({ module }) => ruleNames(module)).map(({ place, name }) => [placeKey(place), name]),
    );
    return this.kept.map(({ type, location, depth, values, note }) => {
      const text = (texts.get(location.file) ?? query).slice(location.offset, location.end);
      const isRule = type === 'enter' || type === 'exit';
      const name = isRule ? names.get(placeKey(location)) : undefined;
      const node = note === undefined ? (name ?? oneLine(text)) : quotedText(note);
      return { op: OPS[type], node, location, depth, locals: values };
    });
  }

  private hear(event: TraceEvent): void {
    this.around.length = event.depth;
    if (event.type === 'enter') this.around.push(event);
    if (!this.isWanted(event)) return;
    for (const one of [...this.around, event]) this.keep(one);
  }

  private isWanted({ type, location }: TraceEvent): boolean {
    // Nobody has written what stands nowhere.
    if (location.row === 0) return false;
    if (this.mode === 'full') return true;
    return this.mode === 'fails' ? type === 'fail' : type === 'note';
  }

  private keep(event: TraceEvent): void {
    if (this.told.has(event)) return;
    if (this.kept.length >= MAX_STEPS) {
      this.leftOut++;
      return;
    }
    this.told.add(event);
    this.kept.push(event);
  }
}

/** `trace(text)`, which the core evaluates to true and forgets, as notes. */
export function traceBuiltins(observer: Observer): BuiltinGroup {
  return functions({
    trace: (_context, text) => {
      if (typeof text === 'string') observer.note(text);
      return true;
    },
  });
}

/** Lines such as `a.rego:4  | | Fail x > 1`. */
export function traceText(steps: readonly TraceStep[]): string {
  const places = steps.map(({ location: { file, row } }) => `${file === '' ? 'query' : file}:${row}`);
  const width = places.reduce((most, place) => Math.max(most, place.length), 0);
  return steps
    .map(({ op, node, depth }, index) => {
      const place = (places[index] ?? '').padEnd(width);
      return `${place}  ${'| '.repeat(depth)}${op} ${node}\n`;
    })
    .join('');
}

export interface RuleName {
  /** `data.example.allow` */
  readonly name: string;
  readonly place: Location;
}

/** The rules of a module, and what stands behind `else`. */
export function ruleNames(module: Module): readonly RuleName[] {
  const prefix = dottedName(module.package.path) ?? 'data';
  return module.rules.flatMap((first) => {
    const names: RuleName[] = [];
    for (let rule: Rule | undefined = first; rule !== undefined; rule = rule.else) {
      const name = dottedName(rule.head.ref) ?? headName(rule);
      names.push({ place: rule.location, name: `${prefix}.${name}` });
    }
    return names;
  });
}

function headName({ head: { ref } }: Rule): string {
  return ref.head.kind === 'var' ? ref.head.name : '';
}

function placeKey({ file, offset, end }: Location): string {
  return `${offset}-${end} ${file}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
