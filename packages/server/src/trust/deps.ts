import type { Clock, Db, Seal } from '../ground/index.ts';

/** What a verified identity token says. */
export interface IdentityFacts {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Throws a coded error `identity_token_…` for any token that is not valid here and now for audience `sigstore`. */
export type VerifyIdentityToken = (jwt: string) => Promise<IdentityFacts>;

/** The CT log as this room needs it: resolves when the leaf is durable in the log, else throws. */
export interface CtLog {
  append(logName: 'ct', leaf: Uint8Array): Promise<unknown>;
}

/** A transparency log as the trusted root names it. */
export interface LogFacts {
  /** Name on its checkpoints. */
  readonly origin: string;
  /** SubjectPublicKeyInfo, Ed25519. */
  readonly publicKey: Uint8Array;
  /** 32 octets, C2SP key id in full. */
  readonly keyId: Uint8Array;
  readonly validFrom: Date;
}

export interface TrustDeps {
  readonly db: Db;
  readonly seal: Seal;
  readonly clock: Clock;
  /** Origin of this server without a trailing slash. */
  readonly publicUrl: string;
  /** URL of the built-in OIDC issuer. */
  readonly issuerUrl: string;
  readonly ctLog: CtLog;
  readonly logs: () => readonly LogFacts[];
  readonly verifyIdentityToken: VerifyIdentityToken;
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
}
