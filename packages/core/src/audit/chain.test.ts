import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../bytes/index.ts';
import { isCoded } from '../errors.ts';
import {
  type AuditEntry,
  type AuditLink,
  type ChainHead,
  checkAnchor,
  hashLink,
  verifyLinks,
} from './index.ts';

const entry = (id: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  at: '2026-11-28T12:00:00.000Z',
  organization: '7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1',
  actor: 'token:a',
  action: 'identity.create-token',
  target: `token:${id}`,
  outcome: 'ok',
  detail: { name: 'ci', nested: [1, null, true] },
  requestId: null,
  ...more,
});

function chain(entries: readonly AuditEntry[]): readonly AuditLink[] {
  let head: ChainHead | null = null;
  return entries.map((one) => {
    head = hashLink(head, one);
    return { ...head, entry: one };
  });
}

const broken = (work: () => unknown, sequence: number): void =>
  assert.throws(
    work,
    (error) => isCoded(error, 'audit_chain_broken') && error.detail?.['sequence'] === sequence,
  );

describe('hashLink', () => {
  it('is the SHA-256 of the canonical JSON that the reference shows', () => {
    const text =
      '{"entry":{"action":"identity.create-token","actor":"token:a","at":"2026-11-28T12:00:00.000Z","detail":null,' +
      '"id":1,"organization":null,"outcome":"ok","requestId":null,"target":"token:1"},"previous":null,"sequence":1}';
    const { sequence, hash } = hashLink(null, entry(1, { organization: null, detail: null }));
    assert.equal(sequence, 1);
    assert.equal(hash, `sha256:${createHash('sha256').update(text).digest('hex')}`);
  });
});

describe('verifyLinks', () => {
  const links = chain([1, 2, 5, 9].map((id) => entry(id)));

  it('takes a chain whole or in pieces, and gives its end', () => {
    const [, second, , last] = links;
    assert.ok(second && last);
    const end = { sequence: last.sequence, hash: last.hash };
    assert.deepEqual(verifyLinks(null, links), end);
    assert.deepEqual(verifyLinks(second, links.slice(2)), end);
    assert.equal(verifyLinks(null, []), null);
  });

  it('finds whatever is changed in any entry, wherever it is', () => {
    const json = fc.jsonValue() as fc.Arbitrary<Json>;
    const change = fc.oneof(
      fc.record({
        key: fc.constantFrom('actor', 'action', 'target', 'outcome', 'at', 'requestId', 'organization'),
        value: fc.string(),
      }),
      fc.record({ key: fc.constant('id'), value: fc.integer() }),
      fc.record({ key: fc.constant('detail'), value: json }),
    );
    fc.assert(
      fc.property(fc.nat(links.length - 1), change, (at, { key, value }) => {
        const before = links[at]?.entry ?? assert.fail();
        fc.pre(JSON.stringify(before[key as keyof AuditEntry]) !== JSON.stringify(value));
        const changed = links.with(at, {
          ...(links[at] as AuditLink),
          entry: { ...before, [key]: value } as AuditEntry,
        });
        broken(() => verifyLinks(null, changed), at + 1);
      }),
    );
  });

  it('finds what is removed, put in, moved, or rehashed without what follows', () => {
    broken(() => verifyLinks(null, links.toSpliced(1, 1)), 2);
    broken(() => verifyLinks(null, links.with(1, { ...(links[1] as AuditLink), entry: null })), 2);
    broken(() => verifyLinks(null, links.toSpliced(1, 0, links[1] as AuditLink)), 3);
    const renumbered = links.toSpliced(1, 1).map((link, at) => ({ ...link, sequence: at + 1 }));
    broken(() => verifyLinks(null, renumbered), 2);
    const rehashed = links.with(1, { ...hashLink(links[0] as AuditLink, entry(77)), entry: entry(77) });
    broken(() => verifyLinks(null, rehashed), 3);
  });
});

describe('checkAnchor', () => {
  it('refuses a chain that is shorter than what was anchored, or another one', () => {
    const links = chain([1, 2, 3].map((id) => entry(id)));
    const other = chain([1, 7, 3].map((id) => entry(id)));
    const anchored = links[1] as ChainHead;
    checkAnchor(anchored, verifyLinks(null, links.slice(0, 2)));
    const mismatch = (error: unknown): boolean => isCoded(error, 'audit_anchor_mismatch');
    assert.throws(() => checkAnchor(anchored, verifyLinks(null, links.slice(0, 1))), mismatch);
    assert.throws(() => checkAnchor(anchored, null), mismatch);
    assert.throws(() => checkAnchor(anchored, verifyLinks(null, other.slice(0, 2))), mismatch);
  });
});
