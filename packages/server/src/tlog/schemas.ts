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

export const LogSearchQuery = Type.Object(
  {
    digest: Type.Optional(Type.String({ description: 'sha256:<hex> of what was signed or attested' })),
    subject: Type.Optional(
      Type.String({ maxLength: 2000, description: 'Subject alternative name of the signer' }),
    ),
    issuer: Type.Optional(Type.String({ maxLength: 2000 })),
    certificate: Type.Optional(
      Type.String({ description: 'sha256:<hex> of the certificate or public key in DER' }),
    ),
    before: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
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

export const FrozenLogs = Type.Object({
  logs: Type.Array(
    Type.Object({
      origin: Type.String(),
      kind: Type.Union([Type.Literal('rekor'), Type.Literal('ct')]),
      startedAt: Type.String({ format: 'date-time' }),
      frozenAt: Type.String({ format: 'date-time' }),
    }),
  ),
});
