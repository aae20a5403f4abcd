/** A real database for the tests of this room; only the port to the runs is a stand-in. */
import { randomUUID } from 'node:crypto';
import { CodedError } from '@waybill/core';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import type { Principal } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import type { CountRuns } from './index.ts';

export interface ContractWorld {
  readonly t: TestDatabase;
  readonly deps: ContractDeps;
  now: Date;
  /** `action target` of each audit row. */
  auditOf(orgId: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Runs belong to a later room: here every workflow whose name begins with `ran` has three. */
const countRuns: CountRuns = async (_tx, workflows, now) =>
  workflows.map(({ name }) =>
    name.startsWith('ran')
      ? { runs: 3, lastRun: { id: randomUUID(), state: 'PASSED', startedAt: now } }
      : { runs: 0, lastRun: null },
  );

export async function contractWorld(): Promise<ContractWorld> {
  const t = await testDatabase();
  const world: ContractWorld = {
    t,
    deps: { db: t.db, clock: () => world.now, countRuns },
    now: new Date('2026-11-24T08:00:00Z'),
    auditOf: (orgId) =>
      t.db.asSystem(async (tx) => {
        const { rows } = await sql<{ line: string }>`select action || ' ' || target as line from ground_audit
          where org_id = ${orgId} order by id`.execute(tx);
        return rows.map((row) => row.line);
      }),
    close: () => t.close(),
  };
  return world;
}

/** The owner of an organisation of its own, unless told. */
export function principal(rest: Partial<Principal> = {}): Principal {
  return {
    orgId: randomUUID(),
    orgName: 'default',
    tokenId: randomUUID(),
    tokenName: 'test',
    role: 'owner',
    scope: { type: 'organization' },
    ...rest,
  };
}

export function contractText(name: string, spec = 'materials: [{name: a, type: SARIF}]'): string {
  return `apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: {name: ${name}, description: About ${name}}\nspec:\n  ${spec}\n`;
}

export const coded = (code: string) => (error: unknown) => error instanceof CodedError && error.code === code;
