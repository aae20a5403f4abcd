/** What is wrong with a document, and how far from right it is. */

/** The way from the document's root, innermost first. */
export interface Path {
  readonly name: string;
  readonly outer: Path | undefined;
}

export const ROOT: Path = { name: '(Root)', outer: undefined };

/** The place in the document; the root is named only where there is nothing else. */
function fieldOf(path: Path): string {
  const names: string[] = [];
  for (let at: Path | undefined = path; at !== undefined; at = at.outer) names.push(at.name);
  if (names.length > 1) names.pop();
  return names.reverse().join('.');
}

export interface Flaw {
  readonly type: string;
  readonly field: string;
  readonly description: string;
}

export class Outcome {
  readonly flaws: Flaw[] = [];
  /** Tells which of several schemas came closest. */
  score = 0;

  get isValid(): boolean {
    return this.flaws.length === 0;
  }

  /** The description may need the field's name. */
  add(path: Path, type: string, description: string | ((field: string) => string)): void {
    const field = fieldOf(path);
    const text = typeof description === 'string' ? description : description(field);
    this.flaws.push({ type, field, description: text });
    this.score -= 2;
  }

  merge(other: Outcome): void {
    for (const flaw of other.flaws) this.flaws.push(flaw);
    this.score += other.score;
  }
}

/** The one that came closest; of equals the first. */
export function closest(outcomes: readonly Outcome[]): Outcome | undefined {
  let best: Outcome | undefined;
  for (const outcome of outcomes) {
    if (best === undefined || outcome.score > best.score) best = outcome;
  }
  return best;
}
