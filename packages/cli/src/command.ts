import type { ExitCode } from './exit.ts';
import type { Session } from './session.ts';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly summary: string;
  readonly short?: string;
  /** Word that stands for the value in the help, e.g. `FILE`. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly required?: boolean;
  /** The only values allowed. */
  readonly choices?: readonly string[];
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  readonly required?: boolean;
  /** Only of the last one. */
  readonly multiple?: boolean;
  /** The only values allowed. */
  readonly choices?: readonly string[];
}

type ValueOf<O extends OptionSpec> = O['type'] extends 'boolean'
  ? boolean
  : O['multiple'] extends true
    ? readonly string[]
    : O['required'] extends true
      ? string
      : string | undefined;

export type OptionValues<O extends OptionSpecs> = { readonly [K in keyof O]: ValueOf<O[K]> };

export interface Call<O extends OptionSpecs> {
  readonly options: OptionValues<O>;
  readonly args: readonly string[];
}

/** One verb: what it takes, two examples, and what it does. */
export interface Command<O extends OptionSpecs = OptionSpecs> {
  readonly summary: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options: O;
  /** Hands every option on to another program instead of reading it. */
  readonly passThrough?: boolean;
  readonly examples: readonly [string, string];
  readonly run: (session: Session, call: Call<O>) => Promise<ExitCode>;
}

/** A command whose option types are known inside `run` and forgotten outside. */
export function defineCommand<const O extends OptionSpecs>(command: Command<O>): Command {
  return command as unknown as Command;
}

/** As help and reference show it: `FILE...`, `[BUNDLE]`. */
export function argumentText({ name, required, multiple }: ArgumentSpec): string {
  const text = multiple ? `${name}...` : name;
  return required ? text : `[${text}]`;
}
