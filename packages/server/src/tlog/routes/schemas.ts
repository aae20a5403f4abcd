import type { Json } from '@waybill/core/bytes';
import { Type } from 'typebox';

const Base64 = Type.String({ description: 'base64' });
const Int64 = Type.String({ description: '64-bit integer in decimal' });

/** protobuf-specs `TransparencyLogEntry` as protojson. */
export const TransparencyLogEntry = Type.Unsafe<{ readonly [key: string]: Json }>(
  Type.Object({
    logIndex: Int64,
    logId: Type.Object({ keyId: Base64 }),
    kindVersion: Type.Object({ kind: Type.String(), version: Type.String() }),
    integratedTime: Int64,
    inclusionPromise: Type.Null(),
    inclusionProof: Type.Object({
      logIndex: Int64,
      rootHash: Base64,
      treeSize: Int64,
      hashes: Type.Array(Base64),
      checkpoint: Type.Object({ envelope: Type.String({ description: 'signed note' }) }),
    }),
    canonicalizedBody: Base64,
  }),
);

/** `google.rpc.Status`, the error body of grpc-gateway. */
const GrpcStatus = Type.Object({
  code: Type.Integer(),
  message: Type.String(),
  details: Type.Array(Type.Unknown()),
});

/** For `schema.response`, beside success. */
export const GRPC_REFUSALS = { '4xx': GrpcStatus, '5xx': GrpcStatus } as const;

const Position = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Log = Type.Optional(
  Type.String({ maxLength: 253, description: 'Name of a log; the one that takes signatures when left out' }),
);

export const LogQuery = Type.Object({ log: Log }, { additionalProperties: false });

export const InclusionQuery = Type.Object(
  {
    log: Log,
    index: Type.Optional(Position),
    leafHash: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'in place of the index' })),
    treeSize: Type.Optional(Position),
  },
  { additionalProperties: false },
);

export const ConsistencyQuery = Type.Object(
  {
    log: Log,
    from: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    to: Type.Optional(Position),
  },
  { additionalProperties: false },
);

const PROOF = {
  log: Type.String(),
  rootHash: Type.String({ description: 'base64; of the tree of treeSize, or of `to`' }),
  hashes: Type.Array(Base64),
  checkpoint: Type.String({ description: 'the published signed note, of that size or a larger one' }),
};

export const InclusionProof = Type.Object({ ...PROOF, index: Type.Integer(), treeSize: Type.Integer() });

export const ConsistencyProof = Type.Object({ ...PROOF, from: Type.Integer(), to: Type.Integer() });

export const LogSearchQuery = Type.Object(
  {
    log: Log,
    digest: Type.Optional(Type.String({ description: 'sha256:<hex> of what was signed or attested' })),
    subject: Type.Optional(
      Type.String({ maxLength: 2000, description: 'Subject alternative name of the signer' }),
    ),
    issuer: Type.Optional(Type.String({ maxLength: 2000 })),
    certificate: Type.Optional(
      Type.String({ description: 'sha256:<hex> of the certificate or public key in DER' }),
    ),
    before: Type.Optional(Position),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  },
  { additionalProperties: false },
);

export const LogSearchResult = Type.Object({
  entries: Type.Array(
    Type.Object({
      logIndex: Type.Integer(),
      leafHash: Type.String({ description: 'hex' }),
      integratedAt: Type.String({ format: 'date-time' }),
      artifactDigest: Type.Optional(Type.String()),
      signer: Type.Optional(Type.String()),
      issuer: Type.Optional(Type.String()),
      certificateFingerprint: Type.Optional(Type.String()),
    }),
  ),
  /** For `before` of the next page; null on the last one. */
  next: Type.Union([Type.Integer(), Type.Null()]),
});

export const LogShards = Type.Object({
  logs: Type.Array(
    Type.Object({
      origin: Type.String(),
      kind: Type.Union([Type.Literal('rekor'), Type.Literal('ct')]),
      startedAt: Type.String({ format: 'date-time' }),
      /** null: it takes entries. */
      frozenAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
      path: Type.String({ description: 'checkpoint and tile/… are below it' }),
    }),
  ),
});

export const ShownCheckpoint = Type.Object(
  { checkpoint: Type.String({ maxLength: 60_000, description: 'signed note' }) },
  { additionalProperties: false },
);

export const JudgedCheckpoint = Type.Object({
  log: Type.String(),
  size: Type.Integer(),
  judgement: Type.Union([Type.Literal('consistent'), Type.Literal('contradiction')]),
});
