import { equalBytes } from '../bytes/index.ts';
import { sha256 } from '../crypto.ts';
import { type TlogFormatCode, tlogFormatError } from './errors.ts';

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);

export const HASH_BYTES = 32;

/** Root of the tree without leaves. RFC 6962 §2.1. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array());

/** RFC 6962 §2.1: SHA-256(0x00 ‖ entry). */
export function hashLeaf(entry: Uint8Array): Uint8Array {
  return sha256(LEAF_PREFIX, entry);
}

/** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right). */
export function hashChildren(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(NODE_PREFIX, left, right);
}

export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Proves that the leaf stands at `index` of the tree with this root, or throws `tlog_range_invalid`
 * (numbers that no tree has), `tlog_proof_invalid`. RFC 9162 §2.1.3.2, the same tree as RFC 6962.
 */
export function verifyInclusion(claim: InclusionClaim): void {
  const { index, treeSize, proof } = claim;
  requireSize(index, 'leaf index');
  requireSize(treeSize, 'tree size');
  if (index >= treeSize) {
    throw tlogFormatError(
      'tlog_range_invalid',
      `inclusion proof: leaf index ${index} lies outside a tree of ${treeSize} entries`,
    );
  }
  requireHash(claim.leafHash, 'leaf hash');
  const root = foldInclusion(claim.leafHash, proof, { index, last: treeSize - 1 });
  requireEqual(root, claim.rootHash, 'inclusion proof: the root it leads to is not the root of the tree');
}

function foldInclusion(
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
  at: { readonly index: number; readonly last: number },
): Uint8Array {
  let { index, last } = at;
  let hash = leafHash;
  for (const sibling of proof) {
    requireHash(sibling, 'inclusion proof element');
    if (last === 0) throw invalidProof('inclusion proof: it has more elements than the tree has levels');
    if (isOdd(index) || index === last) {
      hash = hashChildren(sibling, hash);
      while (!isOdd(index) && index !== 0) {
        index = half(index);
        last = half(last);
      }
    } else hash = hashChildren(hash, sibling);
    index = half(index);
    last = half(last);
  }
  if (last !== 0) throw invalidProof('inclusion proof: it has fewer elements than the tree has levels');
  return hash;
}

export interface ConsistencyClaim {
  readonly size1: number;
  readonly size2: number;
  readonly root1: Uint8Array;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Proves that the first `size1` entries of the second tree are the first tree, or throws
 * `tlog_range_invalid`, `tlog_proof_invalid`. RFC 9162 §2.1.4.2. A check that starts at the empty tree
 * proves nothing and is refused unless both trees are empty.
 */
export function verifyConsistency(claim: ConsistencyClaim): void {
  const { size1, size2, root1, root2, proof } = claim;
  requireSize(size1, 'first size');
  requireSize(size2, 'second size');
  if (size1 > size2) {
    throw tlogFormatError(
      'tlog_range_invalid',
      `consistency proof: the first size ${size1} is greater than the second ${size2}`,
    );
  }
  if (size1 === size2) return verifySameTree(claim);
  if (size1 === 0) {
    throw tlogFormatError(
      'tlog_range_invalid',
      'consistency proof: nothing can be proven from the empty tree',
    );
  }
  foldConsistency({ start: 0, end: size1, size: size2, subtreeRoot: root1, rootHash: root2, proof });
}

function verifySameTree(claim: ConsistencyClaim): void {
  if (claim.proof.length > 0)
    throw invalidProof('consistency proof: expected it empty, as both sizes are equal');
  if (claim.size1 === 0)
    requireEqual(claim.root1, EMPTY_ROOT, 'consistency proof: not the root of the empty tree');
  requireEqual(claim.root1, claim.root2, 'consistency proof: the same size has two different roots');
}

export interface SubtreeInclusionClaim extends Omit<InclusionClaim, 'treeSize'> {
  readonly start: number;
  readonly end: number;
}

/** Inclusion in the subtree [start, end); `index` counts from the start of the whole tree. draft-ietf-plants-merkle-tree-certs. */
export function verifySubtreeInclusion(claim: SubtreeInclusionClaim): void {
  const { start, end, index } = claim;
  requireSize(index, 'leaf index');
  requireSubtree(start, end);
  if (index < start) {
    throw tlogFormatError(
      'tlog_range_invalid',
      `subtree inclusion proof: leaf index ${index} lies before ${start}`,
    );
  }
  verifyInclusion({ ...claim, index: index - start, treeSize: end - start });
}

export interface SubtreeConsistencyClaim {
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly subtreeRoot: Uint8Array;
  readonly rootHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Proves that [start, end) of the tree with `rootHash` has `subtreeRoot`. draft-ietf-plants-merkle-tree-certs. */
export function verifySubtreeConsistency(claim: SubtreeConsistencyClaim): void {
  const { start, end, size, proof } = claim;
  requireSubtree(start, end);
  requireSize(size, 'tree size');
  if (end > size) {
    throw tlogFormatError(
      'tlog_range_invalid',
      `subtree [${start}, ${end}) lies outside a tree of ${size} entries`,
    );
  }
  if (start === end) {
    if (proof.length > 0)
      throw invalidProof('subtree consistency proof: expected it empty, as the subtree is empty');
    return requireEqual(
      claim.subtreeRoot,
      EMPTY_ROOT,
      'subtree consistency proof: not the root of an empty subtree',
    );
  }
  if (start === 0 && end === size) {
    return verifySameTree({
      size1: size,
      size2: size,
      root1: claim.subtreeRoot,
      root2: claim.rootHash,
      proof,
    });
  }
  foldConsistency(claim);
}

function foldConsistency(claim: SubtreeConsistencyClaim): void {
  let { start: first, end, size, subtreeRoot, proof } = claim;
  let subtree = end - 1;
  let tree = size - 1;
  const shift = (): void => {
    first = half(first);
    subtree = half(subtree);
    tree = half(tree);
  };
  if (subtree === tree) while (first !== subtree) shift();
  else while (first !== subtree && isOdd(subtree)) shift();

  let seed = subtreeRoot;
  if (first !== subtree) {
    const [head, ...rest] = proof;
    if (head === undefined) throw invalidProof('consistency proof: it is empty');
    seed = head;
    proof = rest;
  }
  requireHash(seed, 'consistency proof element');
  let subtreeHash = seed;
  let treeHash = seed;
  for (const node of proof) {
    requireHash(node, 'consistency proof element');
    if (tree === 0) throw invalidProof('consistency proof: it has more elements than the tree has levels');
    if (isOdd(subtree) || subtree === tree) {
      if (first < subtree) subtreeHash = hashChildren(node, subtreeHash);
      treeHash = hashChildren(node, treeHash);
      while (!isOdd(subtree) && subtree !== 0) shift();
    } else treeHash = hashChildren(treeHash, node);
    shift();
  }
  if (tree !== 0) throw invalidProof('consistency proof: it has fewer elements than the tree has levels');
  requireEqual(subtreeHash, subtreeRoot, 'consistency proof: it does not lead to the first root');
  requireEqual(treeHash, claim.rootHash, 'consistency proof: it does not lead to the second root');
}

/** A valid subtree starts at a multiple of the smallest power of two that holds it. */
function requireSubtree(start: number, end: number): void {
  requireSize(start, 'start of the subtree');
  requireSize(end, 'end of the subtree');
  let width = 1;
  while (width < end - start) width *= 2;
  if (start > end || start % width !== 0) {
    throw tlogFormatError('tlog_range_invalid', `[${start}, ${end}) is not a subtree`);
  }
}

// Shifts of JavaScript cut numbers to 32 bits; sizes here go up to 2^53.
const half = (n: number): number => Math.floor(n / 2);
const isOdd = (n: number): boolean => n % 2 === 1;

function requireSize(value: number, what: string): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw tlogFormatError(
    'tlog_range_invalid',
    `${what}: expected a whole number from 0 to 2^53 - 1, found ${value}`,
  );
}

function requireHash(bytes: Uint8Array, what: string): void {
  if (bytes.length !== HASH_BYTES) throw invalidProof(`${what}: expected 32 bytes, found ${bytes.length}`);
}

function requireEqual(found: Uint8Array, expected: Uint8Array, message: string): void {
  if (!equalBytes(found, expected)) throw invalidProof(message);
}

function invalidProof(message: string): ReturnType<typeof tlogFormatError> {
  return tlogFormatError('tlog_proof_invalid' satisfies TlogFormatCode, message);
}
