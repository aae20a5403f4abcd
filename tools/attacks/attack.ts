/** One row of docs/SECURITY-TESTS.md. */
export interface Attack {
  readonly attack: string;
  /** What stands against it, and where. */
  readonly defence: string;
  readonly file: string;
  /** How the defence is taken away: a text that stands once in the file, and what stands in its place then. */
  readonly without: readonly [text: string, instead: string];
  /** The same of a second wall, where the first one alone makes no difference that a test could see. */
  readonly andWithout?: readonly [file: string, text: string, instead: string];
  /** File and name of the test that fails without the defence. */
  readonly test: readonly [file: string, name: string];
  /** What the attacker has then. */
  readonly gain: string;
}

export type AttackGroups = Readonly<Record<string, readonly Attack[]>>;
