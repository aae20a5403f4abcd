import type { Secret } from '@waybill/core';
import { type Clock, type Db, writeAudit } from '../ground/index.ts';
import { createApiToken, hashApiToken } from './api-token.ts';
import { findOrganization, insertOrganization, insertToken, lockFirstStart } from './queries.ts';

export interface BootstrapDeps {
  readonly db: Db;
  readonly clock: Clock;
  /**
   * Keeps the owner token where a person finds it. It is called before the commit: a crash after it leaves a file
   * that the next start overwrites, while a crash between a commit and the file would lose the only owner.
   */
  readonly keepOwnerToken?: (token: Secret<string>) => Promise<void>;
}

/** On first start: the organisation `default` and its owner token. Later: finds them; `ownerToken` is null. */
export async function bootstrap(
  deps: BootstrapDeps,
): Promise<{ readonly orgId: string; readonly ownerToken: Secret<string> | null }> {
  return deps.db.asSystem(async (tx) => {
    await lockFirstStart(tx);
    const existing = await findOrganization(tx, 'default');
    if (existing) return { orgId: existing.orgId, ownerToken: null };
    const createdAt = deps.clock();
    const { orgId } = await insertOrganization(tx, 'default', createdAt);
    const ownerToken = createApiToken();
    const token = await insertToken(tx, {
      orgId,
      name: 'owner',
      hash: hashApiToken(ownerToken.reveal()),
      role: 'owner',
      scope: { type: 'organization' },
      createdAt,
      createdBy: 'system',
      expiresAt: null,
    });
    await writeAudit(tx, {
      orgId,
      actor: 'system',
      action: 'identity.create-organization',
      target: `organization:${orgId}`,
      outcome: 'ok',
      detail: { name: 'default', ownerTokenId: token.id },
    });
    await deps.keepOwnerToken?.(ownerToken);
    return { orgId, ownerToken };
  });
}
