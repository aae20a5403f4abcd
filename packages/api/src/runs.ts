import { type Static, Type } from 'typebox';
import {
  DigestText,
  Finding,
  Id,
  Name,
  PolicyJudgement,
  type Problem,
  RevisionNumber,
  Time,
} from './common.ts';
import { VersionText } from './projects.ts';

export const RUN_STATES = ['INITIALIZED', 'PASSED', 'FAILED', 'CANCELLED', 'EXPIRED'] as const;
export type RunState = (typeof RUN_STATES)[number];
export const RunState = Type.Unsafe<RunState>(Type.String({ enum: [...RUN_STATES] }));

/** POST /waybill/v1/runs */
export const StartRun = Type.Object(
  {
    project: Name,
    workflow: Name,
    /** A revision other than the newest; must exist. */
    contractRevision: Type.Optional(RevisionNumber),
    /** Version of the project that the run is of; made when it is new. */
    version: Type.Optional(VersionText),
    /** How long the run waits for its attestation; no longer than the server lets runs wait. */
    expiresInSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 30 * 86_400 })),
    /** Runner type as the client detects it; a statement, not a fact. */
    runner: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);
export type StartRun = Static<typeof StartRun>;

const RunCore = {
  id: Id,
  organization: Type.String(),
  project: Name,
  workflow: Name,
  /** Version of the project; null: none was named. */
  version: Type.Union([Type.String(), Type.Null()]),
  contract: Type.Object({ name: Name, revision: Type.Integer(), digest: DigestText }),
  state: RunState,
  startedAt: Time,
  finishedAt: Type.Union([Time, Type.Null()]),
  expiresAt: Time,
};

/** What `attestation init` needs: the run, its contract, and where materials go. */
export const StartedRun = Type.Object({
  ...RunCore,
  /** The normalised contract (core/contract `Contract`). */
  contractDocument: Type.Unknown(),
  /** Repository of the built-in registry that takes the materials, `<org>/<project>/<workflow>`. */
  repository: Type.String(),
});
export type StartedRun = Static<typeof StartedRun>;

export const RunSummary = Type.Object(RunCore);
export type RunSummary = Static<typeof RunSummary>;

export const RunList = Type.Object({
  runs: Type.Array(RunSummary),
  next: Type.Union([Type.String(), Type.Null()]),
});
export type RunList = Static<typeof RunList>;

export const RunQuery = Type.Object(
  {
    project: Type.Optional(Name),
    workflow: Type.Optional(Name),
    version: Type.Optional(VersionText),
    state: Type.Optional(RunState),
    /** Those with a verdict on this artifact. */
    subject: Type.Optional(DigestText),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
    cursor: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);
export type RunQuery = Static<typeof RunQuery>;

/** Where a signed document stands in the transparency log. */
export const LogPosition = Type.Object({
  origin: Type.String(),
  logIndex: Type.Integer(),
  treeSize: Type.Integer(),
  rootHash: Type.String(),
  /** RFC 6962 inclusion proof, base64, leaf to root. */
  hashes: Type.Array(Type.String()),
  checkpoint: Type.String(),
});
export type LogPosition = Static<typeof LogPosition>;

export const Signer = Type.Union([
  Type.Object({ type: Type.Literal('certificate'), issuer: Type.String(), subject: Type.String() }),
  Type.Object({
    type: Type.Literal('key'),
    name: Type.String(),
    fingerprint: Type.String(),
    /** Of a key that a key service keeps. */
    reference: Type.Optional(Type.String()),
  }),
]);
export type Signer = Static<typeof Signer>;

/** How far the proof of a build goes. */
export const BuildGrade = Type.Object({
  /** Highest SLSA build level that the proven facts allow. */
  level: Type.Integer({ minimum: 1, maximum: 3 }),
  /** `builder.id` of the provenance; one for each mode of assurance. */
  builder: Type.String(),
  generatedBy: Type.Literal('server'),
  signedBy: Type.String(),
  /** Whether the job's identity token proves the runner, or only the client names it. */
  runner: Type.Union([Type.Literal('verified'), Type.Literal('stated')]),
  /** What that token says of the job, by the names of a certificate's extensions; absent where there is none. */
  claims: Type.Optional(Type.Record(Type.String(), Type.String())),
  /** Why so much, and why not more. */
  reasons: Type.Array(Type.String()),
});
export type BuildGrade = Static<typeof BuildGrade>;

const SignedDocument = Type.Object({
  payloadDigest: DigestText,
  bundleDigest: DigestText,
  log: LogPosition,
});

/** The answer to a pushed attestation; read from the stored row, so a retry gets the same. */
export const Receipt = Type.Object({
  runId: Id,
  result: Type.Union([Type.Literal('PASSED'), Type.Literal('FAILED')]),
  findings: Type.Array(Finding),
  /** Absent in receipts of versions that did not record it. */
  policies: Type.Optional(Type.Array(PolicyJudgement)),
  signer: Signer,
  attestation: Type.Object({
    /** Of the signed in-toto statement. */
    payloadDigest: DigestText,
    /** Of the stored Sigstore bundle. */
    bundleDigest: DigestText,
    log: LogPosition,
  }),
  vsa: SignedDocument,
  /** Absent in receipts of versions that did not grade builds. */
  build: Type.Optional(BuildGrade),
  /** SLSA provenance by the server; of runs that PASSED. */
  provenance: Type.Optional(SignedDocument),
  /** OCI manifest of the run in its repository. */
  manifestDigest: DigestText,
  /**
   * Output images, `host/repository@digest`, that have the evidence as referrers in this server's own registry;
   * absent in receipts of versions that did not record it.
   */
  attachedTo: Type.Optional(Type.Array(Type.String())),
  subjects: Type.Array(Type.Object({ name: Type.String(), digest: DigestText })),
  verifiedAt: Time,
});
export type Receipt = Static<typeof Receipt>;

/** POST /waybill/v1/attestations: attestations of several runs at once, as a monorepo has them. */
export const PushAttestations = Type.Object(
  {
    attestations: Type.Array(
      Type.Object(
        {
          runId: Id,
          /** A Sigstore bundle, as JSON text: its bytes count. */
          bundle: Type.String(),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 64 },
    ),
  },
  { additionalProperties: false },
);
export type PushAttestations = Static<typeof PushAttestations>;

/** One for each, in their order: what one of them lacks is no matter of the others. */
export const PushedAttestations = Type.Object({
  results: Type.Array(
    Type.Union([
      Type.Object({ runId: Id, receipt: Receipt }),
      /** As the push of this one alone would have been refused. */
      Type.Object({
        runId: Id,
        problem: Type.Unsafe<Problem>({ type: 'object', additionalProperties: true }),
      }),
    ]),
  ),
});
export type PushedAttestations = Static<typeof PushedAttestations>;

export const RunDetail = Type.Object({
  ...RunCore,
  runner: Type.String(),
  repository: Type.String(),
  receipt: Type.Union([Receipt, Type.Null()]),
});
export type RunDetail = Static<typeof RunDetail>;

/** POST /waybill/v1/runs/:id/cancel */
export const CancelRun = Type.Object(
  { reason: Type.Optional(Type.String({ maxLength: 1000 })) },
  { additionalProperties: false },
);
export type CancelRun = Static<typeof CancelRun>;

/** GET /waybill/v1/runs/:id/state */
export const KeptRunState = Type.Object({
  revision: Type.Integer(),
  /** As the client put it; the server has no key to it. */
  sealed: Type.String(),
  updatedAt: Time,
});
export type KeptRunState = Static<typeof KeptRunState>;

/** PUT /waybill/v1/runs/:id/state */
export const KeepRunState = Type.Object(
  {
    /** The revision that was read, and is to be replaced; 0 where there is none. */
    after: Type.Integer({ minimum: 0, maximum: 2 ** 31 - 2 }),
    /** base64. */
    sealed: Type.String({ minLength: 1, pattern: '^[A-Za-z0-9+/]+={0,2}$' }),
  },
  { additionalProperties: false },
);
export type KeepRunState = Static<typeof KeepRunState>;

export const RunStateRevision = Type.Object({ revision: Type.Integer() });
export type RunStateRevision = Static<typeof RunStateRevision>;
