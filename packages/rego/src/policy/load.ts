/** The engine that judges evidence in a process that ends soon: it reads what its programs call, and no more. */
import { loadGroups } from '../groups/load-groups.ts';
import { type GroupName, neededGroups } from '../groups/needed-groups.ts';
import type { Module } from '../syntax/ast.ts';
import { RegoSourceError } from '../syntax/error.ts';
import { parseModule } from '../syntax/parse-module.ts';
import { policyEngine, type RegoEngine } from './policy-engine.ts';

/** Those of `REGO`: what a policy can call never depends on where it is evaluated. */
const GROUPS: ReadonlySet<GroupName> = new Set<GroupName>(['regex', 'hashes', 'x509', 'jwt', 'yaml']);

/** An engine for these programs, given as their texts. */
export async function loadPolicyEngine(programs: readonly string[]): Promise<RegoEngine> {
  const needed = neededGroups(programs.flatMap(readable)).intersection(GROUPS);
  return policyEngine(await loadGroups(needed));
}

/** What cannot be read calls nothing; the engine says so when it compiles it. */
function readable(text: string): readonly Module[] {
  try {
    return [parseModule(text)];
  } catch (error) {
    if (!(error instanceof RegoSourceError)) throw error;
    return [];
  }
}
