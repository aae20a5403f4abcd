/**
 * Rego: our engine against `opa bench` in the same run. Both start from a parsed input and a compiled policy and
 * keep nothing between evaluations; `from text` is JSON text to JSON text, against OPA's own server.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, type Policy, parseJson, toJson } from '@waybill/rego';
import { ALL_BUILTINS } from '@waybill/rego/test-builtins';
import { requirePeer } from '../packages/testkit/src/peers.ts';
import { type Figure, load, percentile, report } from './measure.ts';
import { type Workload, workloads } from './rego-workloads.ts';

const SECONDS = 2;
const DEADLINE_MS = 60_000;
const COLD_RUNS = 12;

export async function run(args: readonly string[]): Promise<void> {
  const opa = requirePeer('opa');
  const dir = mkdtempSync(join(tmpdir(), 'waybill-bench-rego-'));
  try {
    const wanted = workloads().filter(({ name }) => args.every((word) => name.includes(word)));
    const figures = wanted.flatMap((workload) => measure(workload, opa.path, dir));
    report([...figures, ...compileTimes(), load()]);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function measure(workload: Workload, opa: string | null, dir: string): readonly Figure[] {
  const { name, module, query, target } = workload;
  const text = JSON.stringify(workload.input);
  const policy = compile([{ file: 'bench.rego', text: module }], { builtins: ALL_BUILTINS });
  const prepared = policy.prepare(`x := ${query}`);
  const input = parseJson(text);
  const ours = repeated(() => prepared.evaluate({ input, deadlineMs: DEADLINE_MS }));
  const fromText = repeated(() => answer(policy, query, text));
  const figures: Figure[] = [
    { name, unit: 'ms', samples: ours },
    { name: `${name}, from text`, unit: 'ms', samples: fromText },
  ];
  if (opa === null) return figures;
  const theirs = opaBench(opa, dir, { module, query, text });
  return [
    ...figures,
    { name: `${name}, opa`, unit: 'ms', samples: [theirs.value] },
    { name: `${name}, opa from text`, unit: 'ms', samples: [theirs.text] },
    ratio(`${name}, opa / ours`, theirs.value, ours, target),
    ratio(`${name}, opa / ours from text`, theirs.text, fromText, 1),
  ];
}

function answer(policy: Policy, query: string, text: string): string {
  const { answers } = policy.evaluate(`x := ${query}`, { input: parseJson(text), deadlineMs: DEADLINE_MS });
  return toJson(answers[0]?.get('x') ?? null);
}

function ratio(name: string, theirs: number, ours: readonly number[], target: number): Figure {
  return { name, unit: 'ratio', samples: [theirs / percentile(ours, 50)], target: `>= ${target}` };
}

/** Milliseconds of each run, after those that warm up. */
function repeated(work: () => unknown): readonly number[] {
  const samples: number[] = [];
  const warm = performance.now() + (SECONDS * 1000) / 2;
  while (performance.now() < warm) work();
  const end = performance.now() + SECONDS * 1000;
  while (performance.now() < end) {
    const startedAt = performance.now();
    work();
    samples.push(performance.now() - startedAt);
  }
  return samples;
}

interface Question {
  readonly module: string;
  readonly query: string;
  readonly text: string;
}

/** Median milliseconds of an evaluation, and of a request to a server. */
function opaBench(
  opa: string,
  dir: string,
  { module, query, text }: Question,
): { value: number; text: number } {
  const [policyFile, inputFile] = [join(dir, 'policy.rego'), join(dir, 'input.json')];
  writeFileSync(policyFile, module);
  writeFileSync(inputFile, text);
  const bench = (...more: readonly string[]): BenchResult => {
    const args = ['bench', '-f', 'json', '-d', policyFile, '-i', inputFile, ...more, query];
    return JSON.parse(execFileSync(opa, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  };
  const served = bench('--e2e');
  return {
    value: (bench().Extra['histogram_timer_rego_query_eval_ns_median'] ?? Number.NaN) / 1e6,
    text: served.T / served.N / 1e6,
  };
}

interface BenchResult {
  readonly N: number;
  readonly T: number;
  readonly Extra: Readonly<Record<string, number>>;
}

/** A module of a thousand lines: as the first that a process compiles, and as one of many. */
function compileTimes(): readonly Figure[] {
  const text = thousandLines();
  const warm = repeated(() => compileLines(text));
  const cold = Array.from({ length: COLD_RUNS }, () =>
    Number(execFileSync(process.execPath, [import.meta.filename], { encoding: 'utf8' })),
  );
  return [
    { name: 'compile 1,000 lines, warm', unit: 'ms', samples: warm, target: '< 20' },
    { name: 'compile 1,000 lines, first of a process', unit: 'ms', samples: cold, target: '< 100' },
  ];
}

function compileLines(text: string): Policy {
  return compile([{ file: 'lines.rego', text }], { builtins: ALL_BUILTINS });
}

function thousandLines(): string {
  const rules = Array.from(
    { length: 200 },
    (_, i) =>
      `deny contains msg if {\n\tsome item in input.items\n\titem.kind == "k${i}"\n\tmsg := sprintf("%s is ${i}", [item.name])\n}\n`,
  );
  return `package lines\n\n${rules.join('')}`;
}

// A process of its own for each cold compilation.
if (process.argv[1] === import.meta.filename) {
  const text = thousandLines();
  const startedAt = performance.now();
  compileLines(text);
  console.log(performance.now() - startedAt);
}
