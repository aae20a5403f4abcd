import { messageOf } from '@waybill/core';
import type { Db, Logger } from '../ground/index.ts';
import { markUsed } from './queries.ts';

const EVERY_MS = 60_000;

/** Records when a token was last used, beside the request that used it and at most once a minute per token. */
export interface TokenUsage {
  touch(
    token: { readonly id: string; readonly orgId: string; readonly lastUsedAt: Date | null },
    now: Date,
  ): void;
  /** Resolves when all that was touched is written or reported; call it before the database closes. */
  settle(): Promise<void>;
}

export function createTokenUsage(deps: { readonly db: Db; readonly log: Logger }): TokenUsage {
  const writing = new Map<string, Promise<void>>();
  const write = async (id: string, orgId: string, now: Date): Promise<void> => {
    try {
      await deps.db.withOrg(orgId, (tx) => markUsed(tx, id, now));
    } catch (error) {
      // The stored time stays old, so that the next use of the token tries again.
      deps.log.warn({ tokenId: id, error: messageOf(error) }, 'last use of an API token not recorded');
    } finally {
      writing.delete(id);
    }
  };
  return {
    touch: (token, now) => {
      const fresh = token.lastUsedAt !== null && now.getTime() - token.lastUsedAt.getTime() < EVERY_MS;
      if (!fresh && !writing.has(token.id)) writing.set(token.id, write(token.id, token.orgId, now));
    },
    settle: async () => {
      await Promise.all(writing.values());
    },
  };
}
