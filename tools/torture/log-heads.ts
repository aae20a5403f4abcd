import assert from 'node:assert/strict';
import { toBase64 } from '@waybill/core/bytes';
import { EMPTY_EDGE, edgeRoot, growTree, hashLeaf } from '@waybill/core/tlog';

/** What a log has said of its tree at one time. */
export interface Head {
  readonly treeSize: number;
  /** base64 */
  readonly rootHash: string;
}

/** Each is the root of the entries before it: then no two heads of one size differ. Entries are hashed once. */
export function requireHeads(entries: readonly Uint8Array[], heads: readonly Head[]): void {
  let edge = EMPTY_EDGE;
  for (const { treeSize, rootHash } of heads.toSorted((a, b) => a.treeSize - b.treeSize)) {
    edge = growTree(edge, entries.slice(edge.size, treeSize).map(hashLeaf)).edge;
    assert.equal(edge.size, treeSize, `the log has shrunk below ${treeSize}`);
    assert.equal(toBase64(edgeRoot(edge)), rootHash, `two checkpoints of ${treeSize} entries`);
  }
}
