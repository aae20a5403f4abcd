/** Our own view of the logs: entries with proofs, search, and what joins two trees. */
import { fromHex } from '@waybill/core/bytes';
import { isDigest } from '@waybill/core/digest';
import { Type } from 'typebox';
import { type App, addressKey, createRateLimit, rateLimited } from '../../ground/index.ts';
import { tlogError } from '../errors.ts';
import type { Tlog } from '../open.ts';
import { logNamed, type PublishedLog } from '../published.ts';
import { presentEntry, presentFound, presentLog, presentProof } from './present.ts';
import {
  ConsistencyProof,
  ConsistencyQuery,
  InclusionProof,
  InclusionQuery,
  JudgedCheckpoint,
  LogQuery,
  LogSearchQuery,
  LogSearchResult,
  LogShards,
  ShownCheckpoint,
  TransparencyLogEntry,
} from './schemas.ts';
import { TAGS } from './send-files.ts';

export function ownRoutes(app: App, tlog: Tlog): void {
  const logOfQuery = ({ log }: { readonly log?: string }): PublishedLog =>
    log === undefined ? tlog.published('rekor') : logNamed(tlog.logs(), log);
  app.get(
    '/waybill/v1/log/shards',
    { schema: { tags: TAGS, summary: 'Every log, and where its files are', response: { 200: LogShards } } },
    async () => ({ logs: tlog.logs().map(presentLog) }),
  );
  entryRoute(app, logOfQuery);
  searchRoute(app, logOfQuery);
  proofRoutes(app, logOfQuery);
  checkpointRoute(app, tlog);
}

type LogOfQuery = (query: { readonly log?: string }) => PublishedLog;

function entryRoute(app: App, logOfQuery: LogOfQuery): void {
  app.get(
    '/waybill/v1/log/entries/:index',
    {
      schema: {
        tags: TAGS,
        summary: 'An entry with its inclusion proof (TransparencyLogEntry)',
        params: Type.Object({ index: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }),
        querystring: LogQuery,
        response: { 200: TransparencyLogEntry },
      },
    },
    async ({ params, query }) => {
      const log = logOfQuery(query);
      if (log.kind === 'rekor') return presentEntry(await log.receiptAt(params.index));
      throw tlogError(
        'tlog_request_invalid',
        `${log.origin} holds certificates: /ct/v1/get-entry-and-proof shows its entries`,
      );
    },
  );
}

function searchRoute(app: App, logOfQuery: LogOfQuery): void {
  app.get(
    '/waybill/v1/log/search',
    {
      schema: {
        tags: TAGS,
        summary: 'Entries by digest, signer, issuer or certificate, newest first',
        querystring: LogSearchQuery,
        response: { 200: LogSearchResult },
      },
    },
    async ({ query }) => {
      const limit = query.limit ?? 50;
      const { digest, subject, issuer, certificate, before } = query;
      const facts = {
        ...(digest !== undefined && { artifactDigest: requireDigest(digest, 'digest') }),
        ...(subject !== undefined && { signer: subject }),
        ...(issuer !== undefined && { issuer }),
        ...(certificate !== undefined && {
          certificateFingerprint: requireDigest(certificate, 'certificate'),
        }),
      };
      const entries = await logOfQuery(query).search({
        facts,
        limit,
        ...(before !== undefined && { before }),
      });
      return {
        entries: entries.map(presentFound),
        next: entries.length === limit ? (entries.at(-1)?.logIndex ?? null) : null,
      };
    },
  );
}

/** RFC 6962 §2.1.1 and §2.1.2. */
function proofRoutes(app: App, logOfQuery: LogOfQuery): void {
  app.get(
    '/waybill/v1/log/inclusion',
    {
      schema: {
        tags: TAGS,
        summary: 'The proof that an entry is in the tree of a size',
        querystring: InclusionQuery,
        response: { 200: InclusionProof },
      },
    },
    async ({ query }) => {
      const log = logOfQuery(query);
      const index = query.index ?? (await indexOf(log, query.leafHash));
      const { treeSize } = query;
      const proof = await log.proveInclusion({ index, ...(treeSize !== undefined && { treeSize }) });
      return { log: log.origin, index, treeSize: treeSize ?? proof.head.size, ...presentProof(proof) };
    },
  );
  app.get(
    '/waybill/v1/log/consistency',
    {
      schema: {
        tags: TAGS,
        summary: 'The proof that one tree continues an earlier one',
        querystring: ConsistencyQuery,
        response: { 200: ConsistencyProof },
      },
    },
    async ({ query }) => {
      const log = logOfQuery(query);
      const { from, to } = query;
      const proof = await log.proveConsistency({ from, ...(to !== undefined && { to }) });
      return { log: log.origin, from, to: to ?? proof.head.size, ...presentProof(proof) };
    },
  );
}

/** Each costs a signature check or two, and a few tiles. */
const CHECKPOINTS_PER_SECOND = 2;

function checkpointRoute(app: App, tlog: Tlog): void {
  const limit = createRateLimit({ perSecond: CHECKPOINTS_PER_SECOND });
  app.post(
    '/waybill/v1/log/checkpoints',
    {
      bodyLimit: 64 * 1024,
      schema: {
        tags: TAGS,
        summary: 'Show a log a checkpoint of its own: one that it does not go on from freezes it',
        body: ShownCheckpoint,
        response: { 200: JudgedCheckpoint },
      },
    },
    async (request) => {
      const waitMs = limit.take(addressKey(request.ip));
      if (waitMs > 0) throw rateLimited('too many checkpoints from this address', waitMs);
      const { log, size, judgement } = await tlog.judge(request.body.checkpoint);
      return { log: log.origin, size, judgement };
    },
  );
}

async function indexOf(log: PublishedLog, leafHash: string | undefined): Promise<number> {
  if (leafHash !== undefined) return (await log.findLeaf(fromHex(leafHash))).logIndex;
  throw tlogError('tlog_request_invalid', 'expected index or leafHash, found neither');
}

function requireDigest(text: string, name: string): string {
  if (isDigest(text)) return text;
  throw tlogError('tlog_request_invalid', `${name}: expected sha256:<64 hexadecimal digits>`);
}
