/** RFC 6962 §2.1, written for this check alone: it must not repeat a mistake of the log that it checks. */
import { createHash } from 'node:crypto';

export function leafHashOf(entry: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(entry).digest();
}

function parentOf(left: Buffer, right: Buffer): Buffer {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest();
}

/** A tree that grows leaf by leaf, of which only the roots of its whole subtrees are kept. */
export class Tree {
  size = 0;
  /** Left to right, each smaller than the one before: the binary digits of the size. */
  readonly #peaks: { readonly height: number; readonly hash: Buffer }[] = [];

  add(leafHash: Buffer): void {
    let node = { height: 0, hash: leafHash };
    for (let left = this.#peaks.at(-1); left?.height === node.height; left = this.#peaks.at(-1)) {
      this.#peaks.pop();
      node = { height: node.height + 1, hash: parentOf(left.hash, node.hash) };
    }
    this.#peaks.push(node);
    this.size++;
  }

  root(): Buffer {
    const hashes = this.#peaks.map(({ hash }) => hash);
    return hashes.length === 0
      ? createHash('sha256').digest()
      : hashes.reduceRight((right, left) => parentOf(left, right));
  }
}
