/** Runs one target over many inputs and judges each answer. Nothing here depends on time but what is measured. */
import { AssertionError } from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
import { isPromise } from 'node:util/types';
import { isCoded } from '../../packages/core/src/index.ts';
import { mutant } from './mutate/index.ts';
import { Random } from './random.ts';
import type { Target } from './target.ts';

/** What a parser must not need for one input, in processor time of its thread. */
const MAX_CASE_MICROS = 1_000_000;
/** A message goes into logs, answers and terminals. */
const MAX_MESSAGE_CHARS = 16_384;
/** How much more memory a target may need than before it began, and how much of that after a full collection. */
const MAX_GROWN_BYTES = 256 * 2 ** 20;
const MAX_KEPT_BYTES = 24 * 2 ** 20;
/** Inputs that led to something new, from which others are made. */
const MAX_FOUND = 400;

export interface Outcome {
  readonly type: 'accepted' | 'refused';
  readonly code: string;
  readonly message: string;
  readonly answer: unknown;
}

export interface Failure {
  readonly target: string;
  readonly seed: number;
  /** Which case of the seed it was. */
  readonly at: number;
  /** What went wrong, the same for inputs that fail alike. */
  readonly kind: string;
  readonly detail: string;
  readonly input: Uint8Array;
}

export interface Summary {
  readonly target: string;
  readonly cases: number;
  readonly accepted: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  readonly peakHeapBytes: number;
  readonly failures: readonly Failure[];
}

/** Told before each case, so that somebody else can say which input hangs. */
export type Watch = (input: Uint8Array) => void;

/** What the target makes of `input`. Throws a FuzzFault when that is not what a parser may do. */
export async function judge(target: Target, input: Uint8Array): Promise<Outcome> {
  const outcome = await run(target, Uint8Array.from(input));
  if (outcome.type === 'accepted') check(target, outcome.answer, input);
  return outcome;
}

export class FuzzFault extends Error {
  readonly kind: string;

  constructor(kind: string, detail: string) {
    super(detail);
    this.kind = kind;
  }
}

async function run(target: Target, input: Uint8Array): Promise<Outcome> {
  const before = process.threadCpuUsage();
  try {
    const called = target.call(input);
    const answer = isPromise(called) ? await called : called;
    return { type: 'accepted', code: '', message: '', answer };
  } catch (error) {
    return refusal(target, error);
  } finally {
    const { user, system } = process.threadCpuUsage(before);
    // oxlint-disable-next-line no-unsafe-finally -- whatever it answered, it took too long
    if (user + system > MAX_CASE_MICROS) throw slow((user + system) / 1000);
  }
}

function slow(ms: number): FuzzFault {
  return new FuzzFault(
    'slow',
    `${Math.round(ms)} ms of processor time, the limit is ${MAX_CASE_MICROS / 1000}`,
  );
}

function refusal(target: Target, error: unknown): Outcome {
  if (error instanceof AssertionError || error instanceof FuzzFault) throw error;
  if (!isCoded(error)) {
    const { name = 'a thrown value', stack = String(error) } = error as Partial<Error>;
    const place = /\n\s+at .*?((?:packages|node_modules)\/[^\s)]+)/.exec(stack)?.[1] ?? '';
    throw new FuzzFault(`raw ${name} ${place}`, stack.slice(0, 2000));
  }
  const { code, message } = error;
  if (!target.codes.includes(code))
    throw new FuzzFault(`undeclared ${code}`, `${code}: ${message.slice(0, 1000)}`);
  if (message.length > MAX_MESSAGE_CHARS)
    throw new FuzzFault(`long message of ${code}`, `${message.length} characters: ${message.slice(0, 300)}…`);
  return { type: 'refused', code, message, answer: undefined };
}

function check(target: Target, answer: unknown, input: Uint8Array): void {
  try {
    target.check?.(answer, input);
  } catch (error) {
    if (error instanceof FuzzFault) throw error;
    const { name = '', message = String(error), stack = '' } = error as Partial<Error>;
    throw new FuzzFault(`check ${name}`, `${message.slice(0, 3000)}\n${stack.slice(-600)}`);
  }
}

/** The same input gives the same answer, and nothing else changes by it. */
export async function judgeTwice(target: Target, input: Uint8Array): Promise<Outcome> {
  const first = await judge(target, input);
  const second = await judge(target, input);
  if (!isSame(first, second)) throw new FuzzFault('unsteady', 'the same input gave two answers');
  for (const key in {})
    throw new FuzzFault('pollution', `Object.prototype has got the key ${JSON.stringify(key)}`);
  return first;
}

function isSame(first: Outcome, second: Outcome): boolean {
  try {
    return isDeepStrictEqual(first, second);
  } catch (error) {
    // A certificate makes its key when it is asked for, and may refuse then.
    if (isCoded(error)) return true;
    throw error;
  }
}

export async function runSession(
  target: Target,
  options: {
    readonly cases: number;
    readonly seed: number;
    readonly watch?: Watch;
    readonly heap?: HeapGauge;
  },
): Promise<Summary> {
  const session = new Session(target, options.seed);
  await session.loadSeeds();
  const { heap } = options;
  const startBytes = heap?.now() ?? 0;
  let peakHeapBytes = startBytes;
  for (let at = 0; at < options.cases && !session.isLost; at++) {
    const input = session.input(at);
    options.watch?.(input);
    await session.take(input, at);
    if (heap !== undefined && (at % 128 === 0 || input.length > 100_000))
      peakHeapBytes = Math.max(peakHeapBytes, heap.now());
  }
  session.release();
  if (heap !== undefined) await session.checkHeap(heap, { startBytes, peakBytes: peakHeapBytes });
  return { ...session.summary(), peakHeapBytes };
}

export interface HeapGauge {
  now(): number;
  /** After a full collection. */
  settled(): Promise<number>;
}

interface HeapUse {
  readonly startBytes: number;
  readonly peakBytes: number;
}

class Session {
  readonly failures: Failure[] = [];
  readonly #target: Target;
  readonly #seed: number;
  readonly #random: Random;
  readonly #seen = new Set<string>();
  readonly #refused: Record<string, number> = {};
  #seeds: readonly Uint8Array[] = [];
  #found: Uint8Array[] = [];
  #cases = 0;
  #accepted = 0;
  #slowestMs = 0;

  constructor(target: Target, seed: number) {
    this.#target = target;
    this.#seed = seed;
    this.#random = new Random(seed, target.name);
  }

  /** Nothing is gained by going on: too much fails, or each such input costs a second and more. */
  get isLost(): boolean {
    return this.failures.length >= 5 || this.failures.some(({ kind }) => kind === 'slow');
  }

  async loadSeeds(): Promise<void> {
    const seeds = await this.#target.seeds();
    this.#seeds = seeds.map((seed) => (typeof seed === 'string' ? Buffer.from(seed) : seed));
    if (this.#seeds.length === 0) throw new Error(`${this.#target.name}: it has no seeds`);
  }

  /** The seeds as they are come first, then what is made of them. */
  input(at: number): Uint8Array {
    if (at < this.#seeds.length) return this.#seeds[at] as Uint8Array;
    // What was found is broken in some way already: half of the inputs start from something whole.
    const from = this.#found.length === 0 || this.#random.once(2) ? this.#seeds : this.#found;
    return mutant(from, this.#random);
  }

  async take(input: Uint8Array, at: number): Promise<void> {
    const before = process.threadCpuUsage();
    try {
      const outcome = await (at % 16 === 0 ? judgeTwice : judge)(this.#target, input);
      this.#count(outcome);
      this.#keep(outcome, input);
    } catch (error) {
      if (!(error instanceof FuzzFault)) throw error;
      this.#fail(error, input, at);
    }
    this.#cases++;
    const { user, system } = process.threadCpuUsage(before);
    this.#slowestMs = Math.max(this.#slowestMs, (user + system) / 1000);
  }

  /** Of no single input. A full collection is dear: only where something seems to be kept. */
  async checkHeap(heap: HeapGauge, { startBytes, peakBytes }: HeapUse): Promise<void> {
    const grown = peakBytes - startBytes;
    if (grown > MAX_GROWN_BYTES) this.#failHeap('grown', grown, MAX_GROWN_BYTES);
    if (heap.now() - startBytes <= MAX_KEPT_BYTES) return;
    const kept = (await heap.settled()) - startBytes;
    if (kept > MAX_KEPT_BYTES) this.#failHeap('kept', kept, MAX_KEPT_BYTES);
  }

  release(): void {
    this.#found = [];
    this.#seeds = [];
    this.#seen.clear();
  }

  summary(): Omit<Summary, 'peakHeapBytes'> {
    return {
      target: this.#target.name,
      cases: this.#cases,
      accepted: this.#accepted,
      refused: this.#refused,
      slowestMs: this.#slowestMs,
      failures: this.failures,
    };
  }

  #count({ type, code }: Outcome): void {
    if (type === 'accepted') this.#accepted++;
    else this.#refused[code] = (this.#refused[code] ?? 0) + 1;
  }

  /** A refusal for a new reason shows a new path: more inputs are made of it. */
  #keep({ code, message }: Outcome, input: Uint8Array): void {
    const reason = `${code} ${message.replaceAll(/"(?:[^"\\]|\\.)*"|\d+|0x[0-9a-f]+/g, '#').slice(0, 120)}`;
    if (this.#seen.has(reason) || this.#found.length >= MAX_FOUND || input.length > 65_536) return;
    this.#seen.add(reason);
    this.#found.push(input);
  }

  #failHeap(what: 'grown' | 'kept', bytes: number, limit: number): void {
    const fault = new FuzzFault(`memory ${what}`, `${bytes} bytes, the limit is ${limit}`);
    this.#fail(fault, new Uint8Array(), this.#cases);
  }

  #fail({ kind, message }: FuzzFault, input: Uint8Array, at: number): void {
    if (this.failures.some((failure) => failure.kind === kind)) return;
    this.failures.push({ target: this.#target.name, seed: this.#seed, at, kind, detail: message, input });
  }
}
