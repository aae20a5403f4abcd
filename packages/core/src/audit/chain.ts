import { canonicalJson, type Json, utf8 } from '../bytes/index.ts';
import { type Digest, digestOf } from '../digest/index.ts';
import { CodedError } from '../errors.ts';

/** A row of the audit trail as it is chained: docs/reference/audit.md. */
export interface AuditEntry {
  readonly id: number;
  /** RFC 3339 in UTC, to the millisecond. */
  readonly at: string;
  /** Id of the organisation; null for what belongs to none. */
  readonly organization: string | null;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: 'ok' | 'refused' | 'failed';
  readonly detail: Json;
  readonly requestId: string | null;
}

/** The hash of an entry and of everything before it in its organisation's chain. */
export interface AuditLink {
  /** 1, 2, 3 … */
  readonly sequence: number;
  readonly hash: Digest;
  /** null when the row is gone. */
  readonly entry: AuditEntry | null;
}

/** The end of a chain. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: Digest;
}

/** SHA-256 over the canonical JSON (RFC 8785) of entry, place and the hash before it; `previous` is null for the first. */
export function hashLink(previous: ChainHead | null, entry: AuditEntry): ChainHead {
  const sequence = (previous?.sequence ?? 0) + 1;
  // Named one by one: what else an object carries is no part of the entry.
  const { id, at, organization, actor, action, target, outcome, detail, requestId } = entry;
  const hashed = { id, at, organization, actor, action, target, outcome, detail, requestId };
  const text = canonicalJson({ sequence, previous: previous?.hash ?? null, entry: hashed });
  return { sequence, hash: digestOf(utf8(text)) };
}

/**
 * Proves that links follow on from `after` without a gap and that no entry was changed, removed, put in or moved.
 * Gives the last one. Throws `audit_chain_broken`, naming the first place at which it is.
 */
export function verifyLinks(after: ChainHead | null, links: readonly AuditLink[]): ChainHead | null {
  let head = after;
  for (const link of links) {
    const expected = (head?.sequence ?? 0) + 1;
    if (link.sequence !== expected) {
      throw broken(expected, `the next entry is number ${link.sequence}: what stood between is missing`);
    }
    if (link.entry === null) throw broken(expected, 'its row is gone');
    const computed = hashLink(head, link.entry);
    if (computed.hash !== link.hash) {
      throw broken(
        expected,
        `row ${link.entry.id} hashes to ${computed.hash}, expected ${link.hash}: it was changed after it was chained`,
      );
    }
    head = computed;
  }
  return head;
}

function broken(sequence: number, what: string): CodedError {
  return new CodedError('audit_chain_broken', `audit trail, entry ${sequence}: ${what}`, {
    detail: { sequence },
  });
}
