/** Who waits, served in turn: nobody waits behind all that somebody else asked for. */
export class FairQueue<T> {
  /** In the order of their turns. */
  readonly #waiting = new Map<string, T[]>();

  push(who: string, item: T): void {
    const own = this.#waiting.get(who);
    if (own) own.push(item);
    else this.#waiting.set(who, [item]);
  }

  shift(): T | undefined {
    for (const [who, own] of this.#waiting) {
      this.#waiting.delete(who);
      const item = own.shift();
      if (own.length > 0) this.#waiting.set(who, own);
      return item;
    }
    return undefined;
  }
}
