/** Our engine against OPA on one program. */
import {
  compile,
  EvaluationError,
  equal,
  parseJson,
  RegoObject,
  RegoSourceError,
  toJson,
} from '@waybill/rego';
import { ALL_BUILTINS } from '@waybill/rego/test-builtins';
import type { OpaServer, Verdict } from './opa-server.ts';
import { BASE, INPUT, Programs } from './programs.ts';

/** OPA fails to evaluate what it should have refused: there is nothing to compare with. */
const OPA_FAULT = 'eval_internal_error';

function ourVerdict(module: string): Verdict {
  try {
    const policy = compile([{ file: 't', text: module }], { builtins: ALL_BUILTINS });
    const { answers } = policy.evaluate('x := data.t', {
      input: parseJson(INPUT),
      data: RegoObject.of([['base', parseJson(BASE)]]),
    });
    return { json: `{"result":${toJson(answers[0]?.get('x') ?? RegoObject.empty)}}` };
  } catch (error) {
    if (error instanceof RegoSourceError || error instanceof EvaluationError) return { code: error.code };
    throw error;
  }
}

/** How the two differ; `undefined` if they do not. */
function difference(ours: Verdict, theirs: Verdict): string | undefined {
  if ('code' in theirs) {
    const same = theirs.code === OPA_FAULT || ('code' in ours && ours.code === theirs.code);
    return same ? undefined : `opa: ${theirs.code}, ours: ${'code' in ours ? ours.code : ours.json}`;
  }
  // OPA's index leaves out a rule one of whose conditions is undefined, before the others can conflict.
  if ('code' in ours && ours.code === 'eval_conflict_error') return undefined;
  if ('code' in ours) return `opa: ${theirs.json}, ours: ${ours.code}`;
  return equal(parseJson(ours.json), parseJson(theirs.json))
    ? undefined
    : `opa: ${theirs.json}, ours: ${ours.json}`;
}

interface Difference {
  /** Which program of the seed it was. */
  readonly at: number;
  readonly module: string;
  readonly what: string;
}

/** The programs that mean something else to OPA, and how many there were of each outcome. */
export async function differences(
  server: OpaServer,
  { cases, seed }: { readonly cases: number; readonly seed: number },
): Promise<{ readonly found: readonly Difference[]; readonly outcomes: ReadonlyMap<string, number> }> {
  const programs = new Programs(seed);
  const found: Difference[] = [];
  const outcomes = new Map<string, number>();
  for (let at = 0; at < cases; at++) {
    const module = programs.next();
    const theirs = await server.judge(module);
    const what = difference(ourVerdict(module), theirs);
    if (what !== undefined) found.push({ at, module, what });
    const outcome = 'code' in theirs ? theirs.code : 'result';
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return { found, outcomes };
}
