/** Globs as automata: the time to match is at most the length of the pattern times that of the text. */
import { spend } from '../../values/meter.ts';
import type { GlobNode } from './glob-parse.ts';

type Step =
  | { readonly type: 'char'; readonly accepts: (char: string) => boolean }
  | { readonly type: 'split'; readonly targets: number[] }
  | { readonly type: 'end' };

export interface Glob {
  matches(text: string): boolean;
}

export function compileGlob(root: GlobNode, separators: ReadonlySet<string>): Glob {
  const literal = literalOf(root);
  if (literal !== undefined) return { matches: (text) => text === literal };
  const steps: Step[] = [];
  emit(root, separators, steps);
  steps.push({ type: 'end' });
  return { matches: (text) => run(steps, text) };
}

function literalOf(root: GlobNode): string | undefined {
  if (root.type === 'text') return root.text;
  if (root.type !== 'sequence') return undefined;
  const parts = root.nodes.map(literalOf);
  return parts.every((part) => part !== undefined) ? parts.join('') : undefined;
}

function emit(node: GlobNode, separators: ReadonlySet<string>, steps: Step[]): void {
  const isPlain = (char: string): boolean => !separators.has(char);
  switch (node.type) {
    case 'text':
      for (const wanted of node.text) steps.push({ type: 'char', accepts: (char) => char === wanted });
      break;
    case 'one':
      steps.push({ type: 'char', accepts: node.accepts ?? isPlain });
      break;
    case 'star': {
      const start = steps.length;
      steps.push({ type: 'split', targets: [start + 1, start + 3] });
      steps.push({ type: 'char', accepts: node.crossesSeparators ? () => true : isPlain });
      steps.push({ type: 'split', targets: [start] });
      break;
    }
    case 'sequence':
      for (const part of node.nodes) emit(part, separators, steps);
      break;
    case 'alternatives':
      emitAlternatives(node.nodes, separators, steps);
      break;
  }
}

function emitAlternatives(nodes: readonly GlobNode[], separators: ReadonlySet<string>, steps: Step[]): void {
  const starts: number[] = [];
  const ends: number[][] = [];
  steps.push({ type: 'split', targets: starts });
  for (const node of nodes) {
    starts.push(steps.length);
    emit(node, separators, steps);
    const targets: number[] = [];
    steps.push({ type: 'split', targets });
    ends.push(targets);
  }
  for (const targets of ends) targets.push(steps.length);
}

/** All states at once, character by character. */
function run(steps: readonly Step[], text: string): boolean {
  const marks = new Uint32Array(steps.length);
  let round = 1;
  let states: number[] = [];
  follow(steps, 0, { states, marks, round });
  for (const char of text) {
    round++;
    spend(1 + (states.length >> 3));
    const next: number[] = [];
    for (const state of states) {
      const step = steps[state];
      if (step?.type === 'char' && step.accepts(char))
        follow(steps, state + 1, { states: next, marks, round });
    }
    if (next.length === 0) return false;
    states = next;
  }
  return states.some((state) => steps[state]?.type === 'end');
}

interface Reached {
  readonly states: number[];
  /** The round in which a step was last reached. */
  readonly marks: Uint32Array;
  readonly round: number;
}

function follow(steps: readonly Step[], start: number, { states, marks, round }: Reached): void {
  const pending = [start];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (marks[at] === round) continue;
    marks[at] = round;
    const step = steps[at];
    if (step?.type !== 'split') states.push(at);
    else for (const target of step.targets) pending.push(target);
  }
}
