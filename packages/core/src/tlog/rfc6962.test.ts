import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { run } from '../../../../tools/conformance/merkle.ts';
import { isCoded } from '../errors.ts';
import { EMPTY_EDGE, edgeFromTiles, edgeRoot, growTree } from './growth.ts';
import {
  EMPTY_ROOT,
  hashChildren,
  hashLeaf,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
} from './merkle.ts';
import { consistencyProof, inclusionProof, nodesFromTiles, type ReadTile, treeRoot } from './proof.ts';
import { formatTile } from './tile.ts';

const shared = process.env.WAYBILL_SHARED ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
const vectors = `${shared}/vectors/rfc6962-merkle`;
const missing = !existsSync(vectors) && process.env.WAYBILL_REQUIRE_PEERS !== '1';

describe('published RFC 6962 vectors', { skip: missing && `no vectors at ${vectors}` }, () => {
  it('judges all 518 as they are recorded', async () => {
    const results = await run(vectors);
    assert.equal(results.length, 518);
    assert.deepEqual(
      results.filter((result) => !result.ok),
      [],
    );
  });
});

// The definition of RFC 6962 §2.1, as slow as it reads.
function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return EMPTY_ROOT;
  if (leaves.length === 1) return only;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return hashChildren(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

const leafHashes = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => hashLeaf(Buffer.from(`entry ${at}`)));

/** Grows a tree in the given steps and keeps the widest version of each tile. */
function growInSteps(leaves: readonly Uint8Array[], steps: readonly number[]) {
  const stored = new Map<string, Uint8Array>();
  let edge = EMPTY_EDGE;
  for (const step of steps) {
    const growth = growTree(edge, leaves.slice(edge.size, edge.size + step));
    for (const tile of growth.tiles)
      stored.set(`${tile.level}/${tile.index}/${tile.width}`, formatTile(tile.hashes));
    edge = growth.edge;
  }
  const readTile: ReadTile = async ({ level, index, width }) => {
    const bytes = stored.get(`${level}/${index}/${width}`);
    assert.ok(bytes, `tile ${level}/${index} of width ${width} was never written`);
    return bytes;
  };
  return { edge, readTile };
}

const steps = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 });

describe('growTree', () => {
  it('has the root of the definition after every step, and the same edge when read back from its tiles', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sizes) => {
        const leaves = leafHashes(sizes.reduce((sum, size) => sum + size, 0));
        const { edge, readTile } = growInSteps(leaves, sizes);
        assert.deepEqual(edgeRoot(edge), naiveRoot(leaves));
        assert.deepEqual(await treeRoot(edge.size, nodesFromTiles(readTile, edge.size)), edgeRoot(edge));
        assert.deepEqual(edgeRoot(await edgeFromTiles(edge.size, readTile)), edgeRoot(edge));
      }),
      { numRuns: 20 },
    );
  });

  it('crosses the second tile level', async () => {
    const leaves = leafHashes(256 * 256 + 300);
    const { edge, readTile } = growInSteps(leaves, [65_000, 700, 136]);
    const readNode = nodesFromTiles(readTile, edge.size);
    assert.deepEqual(await treeRoot(edge.size, readNode), edgeRoot(edge));
    for (const index of [0, 255, 65_535, 65_536, 65_835]) {
      const proof = await inclusionProof({ index, treeSize: edge.size }, readNode);
      verifyInclusion({
        leafHash: leaves[index] ?? EMPTY_ROOT,
        index,
        treeSize: edge.size,
        rootHash: edgeRoot(edge),
        proof,
      });
    }
  });

  it('leaves the edge handed in as it is', () => {
    const before = growTree(EMPTY_EDGE, leafHashes(3)).edge;
    growTree(before, leafHashes(300));
    assert.deepEqual(before, growTree(EMPTY_EDGE, leafHashes(3)).edge);
  });
});

describe('inclusionProof, consistencyProof', () => {
  const leaves = leafHashes(600);
  const { edge, readTile } = growInSteps(leaves, [1, 255, 1, 255, 88]);
  const readNode = nodesFromTiles(readTile, edge.size);
  const root = edgeRoot(edge);

  it('prove what they are built for, and nothing after any change', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(599), fc.nat(599), fc.nat(), async (index, other, flip) => {
        const proof = await inclusionProof({ index, treeSize: 600 }, readNode);
        const claim = { leafHash: leaves[index] ?? root, index, treeSize: 600, rootHash: root, proof };
        verifyInclusion(claim);
        if (other !== index) assert.throws(() => verifyInclusion({ ...claim, index: other }), isCoded);
        const at = flip % proof.length;
        const bent = proof.map((hash, i) =>
          i === at ? hash.map((byte, j) => (j === flip % 32 ? byte ^ 1 : byte)) : hash,
        );
        assert.throws(() => verifyInclusion({ ...claim, proof: bent }), isCoded);
      }),
      { numRuns: 200 },
    );
  });

  it('connect every earlier tree with the later one', async () => {
    for (const size1 of [1, 2, 3, 255, 256, 257, 511, 512, 599, 600]) {
      const proof = await consistencyProof({ size1, size2: 600 }, readNode);
      const root1 = naiveRoot(leaves.slice(0, size1));
      verifyConsistency({ size1, size2: 600, root1, root2: root, proof });
      verifySubtreeConsistency({
        start: 0,
        end: size1,
        size: 600,
        subtreeRoot: root1,
        rootHash: root,
        proof,
      });
      if (size1 < 600) {
        assert.throws(
          () => verifyConsistency({ size1, size2: 600, root1: root, root2: root1, proof }),
          isCoded,
        );
      }
    }
  });
});

describe('verifyInclusion', () => {
  const hash = fc.uint8Array({ minLength: 0, maxLength: 33 });
  const size = fc.oneof(fc.nat(40), fc.maxSafeNat(), fc.double());

  it('works with sizes up to 2^53 - 1', () => {
    const leafHash = hashLeaf(Buffer.from('x'));
    const proof = Array.from({ length: 53 }, (_, at) => hashLeaf(Buffer.from(String(at))));
    const rootHash = proof.reduce((node, sibling) => hashChildren(node, sibling), leafHash);
    verifyInclusion({ leafHash, index: 0, treeSize: Number.MAX_SAFE_INTEGER, rootHash, proof });
  });

  it('gives a coded error for anything a stranger sends', () => {
    fc.assert(
      fc.property(hash, size, size, hash, fc.array(hash, { maxLength: 5 }), (a, m, n, b, proof) => {
        for (const check of [
          () => verifyInclusion({ leafHash: a, index: m, treeSize: n, rootHash: b, proof }),
          () => verifyConsistency({ size1: m, size2: n, root1: a, root2: b, proof }),
          () => verifySubtreeConsistency({ start: 0, end: m, size: n, subtreeRoot: a, rootHash: b, proof }),
        ]) {
          try {
            check();
          } catch (error) {
            assert.ok(isCoded(error, 'tlog_range_invalid', 'tlog_proof_invalid'), String(error));
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
