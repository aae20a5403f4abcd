/** OPA's conformance cases for Rego (shared/vectors/rego/README.md says how they are judged). */
import { judge, readCases } from '@waybill/rego/test-conformance';
import type { CaseResult } from './case.ts';

/** `dir` holds `v1` and `v0`, or is one of them. */
export async function run(dir: string): Promise<CaseResult[]> {
  return readCases(dir).map((given) => {
    const message = judge(given);
    return message === undefined ? { name: given.name, ok: true } : { name: given.name, ok: false, message };
  });
}
