import type { Location } from '../syntax/ast.ts';
import type { RegoErrorCode, RegoProblem } from '../syntax/error.ts';

/** OPA stops counting here. */
const LIMIT = 10;
const NOWHERE: Location = { file: '', row: 0, col: 0, offset: 0, end: 0 };

/** What is wrong with modules, as far as OPA would tell: it ends with the stage that found something. */
export class Findings {
  readonly #problems: RegoProblem[] = [];
  #stopped = false;

  /** True where the stages that follow would only repeat what was found. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whatever else is found, nobody is told. */
  get isFull(): boolean {
    return this.#problems.length >= LIMIT;
  }

  /** Reports what ends the check after this stage. */
  stop(code: RegoErrorCode, message: string, location: Location): void {
    this.add({ code, message, location });
    this.#stopped = true;
  }

  /** Reports what other stages can live with. */
  note(code: RegoErrorCode, message: string, location: Location): void {
    this.add({ code, message, location });
  }

  /** Reports problems that end the check, if there are any. */
  stopAll(problems: readonly RegoProblem[]): void {
    for (const problem of problems) this.add(problem);
    if (problems.length > 0) this.#stopped = true;
  }

  add(problem: RegoProblem): void {
    if (this.#problems.length >= LIMIT) return;
    this.#problems.push(problem);
    if (this.#problems.length === LIMIT) this.#stopped = true;
  }

  /** All problems by place; ten are the most that OPA reports. */
  sorted(): readonly RegoProblem[] {
    const problems = this.#problems.toSorted(byPlace);
    if (problems.length < LIMIT) return problems;
    return [...problems, { code: 'rego_compile_error', message: 'error limit reached', location: NOWHERE }];
  }
}

export function byPlace(a: RegoProblem, b: RegoProblem): number {
  const [p, q] = [a.location, b.location];
  if (p.file !== q.file) return p.file < q.file ? -1 : 1;
  return p.row - q.row || p.col - q.col || (a.message < b.message ? -1 : Number(a.message > b.message));
}
