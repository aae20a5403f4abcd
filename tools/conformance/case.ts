/** One case of a published suite: right when our verdict is the one the suite expects. */
export interface CaseResult {
  readonly name: string;
  readonly ok: boolean;
  readonly message?: string;
  /** Why our verdict is another one on purpose. */
  readonly deviates?: string;
  /** Ours, and that of another verifier, where the suite compares the two. */
  readonly compared?: { readonly accepted: boolean; readonly peer: PeerVerdict };
}

export interface PeerVerdict {
  readonly by: string;
  readonly accepted: boolean;
  readonly message: string;
}

export type Suite = (dir: string) => Promise<readonly CaseResult[]>;
