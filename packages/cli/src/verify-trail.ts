import type { Client } from '@waybill/api/client';
import { type AuditLink, type ChainHead, checkAnchor, readAnchor, verifyLinks } from '@waybill/core/audit';
import { parseBundle } from '@waybill/core/bundle';
import type { TrustedRoot } from '@waybill/core/trust';
import { type Expectations, type LogReceipt, verifyStatementBundle } from '@waybill/core/verify';
import { cliError } from './exit.ts';

export interface TrailExpectations {
  readonly trustedRoot: TrustedRoot;
  /** Who must have signed the anchors. */
  readonly expectations: Expectations;
  /** Bundles that the chain must hold. */
  readonly anchors: readonly string[];
}

export interface VerifiedTrail {
  readonly organization: string | null;
  readonly head: ChainHead | null;
  readonly anchors: readonly ProvenAnchor[];
}

export interface ProvenAnchor {
  readonly organization: string | null;
  readonly head: ChainHead;
  readonly signedAt: Date | null;
  readonly log: LogReceipt | null;
}

/**
 * Computes the organisation's chain from its beginning, as it is downloaded, and holds it against anchors, each of
 * which must be signed as expected and logged. Throws `audit_chain_broken`, `audit_anchor_…`, `verify_…`.
 */
export async function verifyTrail(
  client: Pick<Client, 'readAuditChain'>,
  expected: TrailExpectations,
): Promise<VerifiedTrail> {
  const anchors = expected.anchors.map((bundle) => proveAnchor(bundle, expected));
  const wanted = new Map(anchors.map(({ head }) => [head.sequence, head]));
  const owners = new Set(anchors.map(({ organization }) => organization));
  let head: ChainHead | null = null;
  for (let after: number | null = 0; after !== null; ) {
    const page = await client.readAuditChain({ after });
    for (const link of page.links as readonly AuditLink[]) {
      head = verifyLinks(head, [link]);
      owners.add(link.entry?.organization ?? null);
      const anchored = wanted.get(link.sequence);
      if (anchored) checkAnchor(anchored, head);
    }
    after = page.next;
  }
  for (const anchor of anchors)
    if (anchor.head.sequence > (head?.sequence ?? 0)) checkAnchor(anchor.head, head);
  const [organization = null, another] = owners;
  if (another !== undefined) {
    throw cliError(
      'not_verified',
      `the chain and its anchors are of several organisations: ${[...owners].join(', ')}`,
    );
  }
  return { organization, head, anchors };
}

function proveAnchor(
  bundle: string,
  { trustedRoot, expectations }: Pick<TrailExpectations, 'trustedRoot' | 'expectations'>,
): ProvenAnchor {
  const { statement } = verifyStatementBundle(parseBundle(bundle), { trustedRoot, expectations });
  return { ...readAnchor(statement), signedAt: statement.signedAt, log: statement.logged };
}
