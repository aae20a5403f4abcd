import { nameUnknown } from './access.ts';
import type { RegistryDeps } from './deps.ts';
import { type At, hasRepository, selectTags } from './queries.ts';

export const MAX_TAGS_PER_PAGE = 1000;

/**
 * Tags in byte order after `last`, `limit` of them at most (end-8). `more` says that others follow.
 * Throws `registry_name_unknown`.
 */
export function listTags(
  deps: RegistryDeps,
  at: At,
  page: { readonly last: string; readonly limit: number },
): Promise<{ readonly tags: readonly string[]; readonly more: boolean }> {
  const limit = Math.min(page.limit, MAX_TAGS_PER_PAGE);
  return deps.db.withOrg(at.orgId, async (tx) => {
    if (!(await hasRepository(tx, at))) throw nameUnknown(at.repository);
    if (limit === 0) return { tags: [], more: false };
    const found = await selectTags(tx, at, { last: page.last, limit: limit + 1 });
    return { tags: found.slice(0, limit), more: found.length > limit };
  });
}
