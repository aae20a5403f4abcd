/** One CI system: how it is recognised and which of its variables a run records. Never a secret. */
export interface CiProvider {
  /** Runner type as contracts name it. */
  readonly type: string;
  detect(env: NodeJS.ProcessEnv): boolean;
  /** Page of this run in the CI system. */
  url(env: NodeJS.ProcessEnv): string | undefined;
  /** Without one of these `init` fails. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
}
