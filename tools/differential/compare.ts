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
import type { Verdict } from './opa-server.ts';
import { BASE, INPUT } from './programs.ts';

/** OPA fails to evaluate what it should have refused: there is nothing to compare with. */
const OPA_FAULT = 'eval_internal_error';

export function ourVerdict(module: string): Verdict {
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
export function difference(ours: Verdict, theirs: Verdict): string | undefined {
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
