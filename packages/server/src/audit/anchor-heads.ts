import { isCoded } from '@waybill/core';
import { formatAnchor } from '@waybill/core/audit';
import { formatBundle } from '@waybill/core/bundle';
import type { Digest } from '@waybill/core/digest';
import { type LoggedBundle, logServerSigned } from '../attestation/index.ts';
import type { ServerSigned } from '../trust/index.ts';
import type { AuditDeps } from './deps.ts';
import { findUnanchored, insertAnchor } from './queries.ts';

/**
 * Signs the head of each chain that has grown and was not anchored lately, and logs the signature: from then on nobody,
 * not even the owner of the database, can write the chain anew without contradicting the log. A crash between log and
 * row leaves a log entry that nothing refers to. A replica that does not write the log leaves it to the one that does.
 * Gives the number of anchors.
 */
export async function anchorHeads(deps: AuditDeps): Promise<number> {
  const due = new Date(deps.clock().getTime() - deps.anchorIntervalMs);
  const grown = await deps.db.asSystem((tx) => findUnanchored(tx, due));
  let anchored = 0;
  for (const { orgId, head } of grown) {
    const signed = await deps.trust.signAsServer(formatAnchor({ organization: orgId, head }));
    const logged = await log(deps, signed, head.hash);
    if (logged === null) return anchored;
    const row = {
      sequence: head.sequence,
      logIndex: logged.position.logIndex,
      bundle: formatBundle(logged.bundle),
      anchoredAt: deps.clock(),
    };
    await deps.db.asSystem((tx) => insertAnchor(tx, orgId, row));
    anchored++;
  }
  return anchored;
}

async function log({ tlog }: AuditDeps, signed: ServerSigned, head: Digest): Promise<LoggedBundle | null> {
  try {
    return await logServerSigned(tlog, signed, { artifactDigest: head });
  } catch (error) {
    if (isCoded(error, 'tlog_not_leader')) return null;
    throw error;
  }
}
