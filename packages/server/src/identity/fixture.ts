/** A real identity room over a real database, for the tests of this room. */
import { Secret } from '@waybill/core';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import { createLog, createSeal } from '../ground/index.ts';
import { hashApiToken } from './api-token.ts';
import { authenticate } from './authenticate.ts';
import { bootstrap } from './bootstrap.ts';
import { type CreateTokenInput, createToken } from './create-token.ts';
import type { IdentityDeps } from './deps.ts';
import { checkIssuer } from './issuer.ts';
import { openIdentity } from './open.ts';
import type { Principal } from './principal.ts';
import { insertOrganization, insertToken } from './queries.ts';

export const PUBLIC_URL = 'http://127.0.0.1:7070';
export const MASTER_KEY = new Uint8Array(32).fill(7);

export interface IdentityWorld extends AsyncDisposable {
  readonly t: TestDatabase;
  readonly deps: IdentityDeps;
  /** The owner of `default`, and of a second organisation `other`. */
  readonly owner: Principal;
  readonly stranger: Principal;
  readonly ownerToken: Secret<string>;
  readonly strangerToken: Secret<string>;
  now: Date;
  /** A new token made by `owner`. */
  token(input: Partial<CreateTokenInput>): Promise<{ secret: Secret<string>; principal: Principal }>;
  auditActions(): Promise<readonly string[]>;
  close(): Promise<void>;
}

let names = 0;

/** Opens all connections of the pool: only then do calls that start together run side by side. */
export async function warmUp(w: IdentityWorld): Promise<void> {
  await Promise.all(
    Array.from({ length: 8 }, () => w.t.db.asSystem((tx) => sql`select pg_sleep(0.02)`.execute(tx))),
  );
}

export async function identityWorld(): Promise<IdentityWorld> {
  const t = await testDatabase();
  const world = { now: new Date('2026-11-24T08:00:00Z') };
  const ground = {
    db: t.db,
    clock: () => world.now,
    seal: createSeal(MASTER_KEY),
    log: createLog('silent'),
    publicUrl: PUBLIC_URL,
  };
  await checkIssuer(ground, PUBLIC_URL);
  const { ownerToken } = await bootstrap(ground);
  if (ownerToken === null) throw new Error('the database was not empty');
  const strangerToken = await createOther(t);
  const deps = await openIdentity(ground);
  const signIn = (secret: Secret<string>) => authenticate(deps, `Bearer ${secret.reveal()}`);
  const owner = await signIn(ownerToken);
  const close = async () => {
    await deps.usage.settle();
    await t.close();
  };
  return Object.assign(world, {
    t,
    deps,
    owner,
    ownerToken,
    stranger: await signIn(strangerToken),
    strangerToken,
    token: async (input: Partial<CreateTokenInput>) => {
      const { secret } = await createToken(deps, owner, { name: `t${names++}`, role: 'member', ...input });
      return { secret, principal: await signIn(secret) };
    },
    auditActions: () =>
      t.db.asSystem(async (tx) => {
        const { rows } = await sql<{
          action: string;
        }>`select action || case outcome when 'ok' then '' else ' ' || outcome end as action from ground_audit order by id`.execute(
          tx,
        );
        return rows.map((row) => row.action);
      }),
    close,
    [Symbol.asyncDispose]: close,
  });
}

async function createOther(t: TestDatabase): Promise<Secret<string>> {
  const secret = new Secret(`wb_${'s'.repeat(43)}`);
  await t.db.asSystem(async (tx) => {
    const createdAt = new Date('2026-11-24T07:00:00Z');
    const { orgId } = await insertOrganization(tx, 'other', createdAt);
    await insertToken(tx, {
      orgId,
      name: 'owner',
      hash: hashApiToken(secret.reveal()),
      role: 'owner',
      scope: { type: 'organization' },
      createdAt,
      createdBy: 'system',
      expiresAt: null,
    });
  });
  return secret;
}
