/** Memory for documents that are read whole, those of all runs together. */
export interface DocumentRoom {
  /** Does the work when there is room for so many bytes; whoever came before has it first. */
  within<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/** One that is larger than all the room has it alone. */
export function documentRoom(totalBytes: number): DocumentRoom {
  let freeBytes = totalBytes;
  const waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined && next.bytes <= freeBytes; next = waiting[0]) {
      waiting.shift();
      freeBytes -= next.bytes;
      next.enter();
    }
  };
  return {
    async within(wanted, work) {
      const bytes = Math.min(wanted, totalBytes);
      await new Promise<void>((enter) => {
        waiting.push({ bytes, enter });
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
