import { FairQueue } from '../ground/index.ts';

/** Memory for documents that are read whole, those of all runs together. */
export interface DocumentRoom {
  /** Does the work when there is room for so many bytes. Where there is none, each organisation has its turn. */
  within<T>(orgId: string, bytes: number, work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  readonly bytes: number;
  readonly enter: () => void;
}

/** A document that is larger than all the room has it alone. */
export function documentRoom(totalBytes: number): DocumentRoom {
  let freeBytes = totalBytes;
  const waiting = new FairQueue<Waiting>();
  /** Whose turn it is. A smaller document does not pass by, or a large one would wait for ever. */
  let next: Waiting | undefined;
  const admit = (): void => {
    for (;;) {
      next ??= waiting.shift();
      if (next === undefined || next.bytes > freeBytes) return;
      freeBytes -= next.bytes;
      next.enter();
      next = undefined;
    }
  };
  return {
    async within(orgId, wanted, work) {
      const bytes = Math.min(wanted, totalBytes);
      await new Promise<void>((enter) => {
        waiting.push(orgId, { bytes, enter });
        admit();
      });
      try {
        return await work();
      } finally {
        freeBytes += bytes;
        admit();
      }
    },
  };
}
