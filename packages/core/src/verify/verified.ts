import type { KeyObject } from '../crypto.ts';
import type { Certificate, FulcioExtensions } from '../x509/index.ts';

export type Signer =
  | {
      readonly type: 'certificate';
      /** Issuer of the identity token; '' when the certificate states none. */
      readonly issuer: string;
      /** The one subject alternative name. */
      readonly subject: string;
      readonly certificate: Certificate;
      readonly extensions: FulcioExtensions | null;
    }
  | { readonly type: 'key'; readonly publicKey: KeyObject };

export interface LogReceipt {
  /** Name of the log: origin of its checkpoint, or the log's URL for entries with a promise only. */
  readonly origin: string;
  readonly logIndex: number;
}

export interface SigningFacts {
  readonly signer: Signer;
  /** The earliest time that an authority or log vouches for; null when none was asked for and none is there. */
  readonly signedAt: Date | null;
  /** null when no trusted log holds it (only with `requireTlog: false`). */
  readonly logged: LogReceipt | null;
}

/**
 * A value whose signature, signer, time and log entry were proven, as far as the facts go. Nominal: only this room
 * makes one (`verifyBundle`, `verifyStatementBundle`, `verifyEnvelope`, and `takeOver` of what they made in another
 * thread), so a function that takes it cannot be handed a claim.
 */
export class Verified<T> implements SigningFacts {
  readonly #value: T;
  readonly signer: Signer;
  readonly signedAt: Date | null;
  readonly logged: LogReceipt | null;

  constructor(value: T, facts: SigningFacts) {
    this.#value = value;
    this.signer = facts.signer;
    this.signedAt = facts.signedAt;
    this.logged = facts.logged;
    Object.freeze(this);
  }

  get value(): T {
    return this.#value;
  }
}
