/** RFC 6962 §4: the CT log for readers, with the error bodies of Google's ct_server. Only our own authority writes. */
import { STATUS_CODES } from 'node:http';
import { isCoded } from '@waybill/core';
import { fromBase64, toBase64, toHex } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';
import { parseCheckpoint } from '@waybill/core/tlog';
import { formatCtExtraData, parseCertificate, parseCtLeaf, precertificateWith } from '@waybill/core/x509';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type App, GROUND_PROBLEMS, retryAfterOf } from '../../ground/index.ts';
import { TLOG_PROBLEMS, tlogError } from '../errors.ts';
import type { PublishedLog, StoredEntry } from '../published.ts';
import type { TlogRoutesDeps } from './index.ts';
import { logOf } from './send-files.ts';

type Issuers = ReadonlyMap<string, readonly Uint8Array[]>;
type Query = Readonly<Record<string, string>>;
type Answer = (log: PublishedLog, query: Query) => Promise<object>;

export function ctRoutes(deps: TlogRoutesDeps): (app: App) => Promise<void> {
  return async (app) => {
    app.setErrorHandler(sendText);
    const chains = deps.issuerChains();
    const issuers: Issuers = new Map(
      chains.map((chain) => [toHex(sha256(parseCertificate(chain[0] ?? new Uint8Array()).spki)), chain]),
    );
    const answers: Readonly<Record<string, Answer>> = {
      'get-sth': getSth,
      'get-sth-consistency': getConsistency,
      'get-proof-by-hash': getProofByHash,
      'get-entries': (log, query) => getEntries(log, query, issuers),
      'get-entry-and-proof': (log, query) => getEntryAndProof(log, query, issuers),
      'get-roots': async () => ({
        certificates: chains.map((chain) => toBase64(chain.at(-1) ?? chain[0] ?? new Uint8Array())),
      }),
    };
    for (const [name, answer] of Object.entries(answers)) {
      app.get(`/ct/v1/${name}`, { schema: { hide: true } }, async (request, reply) =>
        reply.send(await answer(logOf(deps.tlog, request, 'ct'), request.query as Query)),
      );
    }
    for (const name of ['add-chain', 'add-pre-chain'])
      app.post(`/ct/v1/${name}`, { schema: { hide: true } }, refuseToAdd);
  };
}

async function refuseToAdd(): Promise<never> {
  throw tlogError(
    'tlog_ct_closed',
    'this log takes the certificates of its own authority only, which it logs itself when it issues them: ask for one at /api/v2/signingCert',
  );
}

/** The one signature line of a CT log's checkpoint holds u64 milliseconds, then the TreeHeadSignature as RFC 6962 §4.3 shows it. */
async function getSth(log: PublishedLog): Promise<object> {
  const { size, rootHash, checkpoint } = await log.head();
  const [line] = parseCheckpoint(checkpoint).note.signatures;
  if (line === undefined) throw tlogError('tlog_damaged', `the checkpoint of ${log.origin} is not signed`);
  const signed = Buffer.from(line.signature);
  return {
    tree_size: size,
    timestamp: Number(signed.readBigUInt64BE()),
    sha256_root_hash: toBase64(rootHash),
    tree_head_signature: toBase64(signed.subarray(8)),
  };
}

async function getConsistency(log: PublishedLog, query: Query): Promise<object> {
  const [from, to] = [number(query, 'first'), number(query, 'second')];
  if (from > to) throw invalid(`first is ${from} and second ${to}: expected the smaller tree first`);
  // RFC 6962 §2.1.2 knows no proof from the empty tree: every tree continues it.
  if (from === 0) return { consistency: [] };
  const { hashes } = await log.proveConsistency({ from, to });
  return { consistency: hashes.map((hash) => toBase64(hash)) };
}

async function getProofByHash(log: PublishedLog, query: Query): Promise<object> {
  const leafHash = fromBase64(query['hash'] ?? '', 'hash');
  if (leafHash.length !== 32) throw invalid(`hash: expected base64 of 32 bytes, found ${leafHash.length}`);
  const treeSize = number(query, 'tree_size');
  const { logIndex } = await log.findLeaf(leafHash);
  if (logIndex >= treeSize)
    throw tlogError('tlog_entry_not_found', `the tree of ${treeSize} entries does not hold this leaf hash`);
  const { hashes } = await log.proveInclusion({ index: logIndex, treeSize });
  return { leaf_index: logIndex, audit_path: hashes.map((hash) => toBase64(hash)) };
}

async function getEntries(log: PublishedLog, query: Query, issuers: Issuers): Promise<object> {
  const [start, end] = [number(query, 'start'), number(query, 'end')];
  if (start > end) throw invalid(`start is ${start} and end ${end}: expected the smaller index first`);
  const entries = await log.readEntries({ start, end });
  return { entries: entries.map((entry) => presentEntry(entry, issuers)) };
}

async function getEntryAndProof(log: PublishedLog, query: Query, issuers: Issuers): Promise<object> {
  const [index, treeSize] = [number(query, 'leaf_index'), number(query, 'tree_size')];
  const { hashes } = await log.proveInclusion({ index, treeSize });
  const [entry] = await log.readEntries({ start: index, end: index });
  if (entry === undefined) throw tlogError('tlog_entry_not_found', `the log has no entry ${index}`);
  return { ...presentEntry(entry, issuers), audit_path: hashes.map((hash) => toBase64(hash)) };
}

function presentEntry({ body, precertificateSignature }: StoredEntry, issuers: Issuers): object {
  const leaf = parseCtLeaf(body);
  const isPrecertificate = leaf.type === 'precertificate' && precertificateSignature !== null;
  const extra = formatCtExtraData({
    precertificate: isPrecertificate ? precertificateWith(leaf.tbs, precertificateSignature) : null,
    issuers: leaf.type === 'precertificate' ? (issuers.get(toHex(leaf.issuerKeyHash)) ?? []) : [],
  });
  return { leaf_input: toBase64(body), extra_data: toBase64(extra) };
}

function number(query: Query, name: string): number {
  const text = query[name];
  const value = /^(?:0|[1-9][0-9]*)$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw invalid(`${name}: expected a whole number, found ${JSON.stringify(text?.slice(0, 80) ?? null)}`);
}

function invalid(what: string): Error {
  return tlogError('tlog_request_invalid', what);
}

const STATUS: ReadonlyMap<string, number> = new Map(
  Object.entries({ ...GROUND_PROBLEMS, ...TLOG_PROBLEMS }).map(([code, { status }]) => [code, status]),
);

/** certificate-transparency-go trillian/ctfe/handlers.go: the status in words, then the reason, as plain text. */
function sendText(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const code = isCoded(error) ? error.code : '';
  const status = code.startsWith('bytes_') ? 400 : (STATUS.get(code) ?? statusOfFramework(error));
  const retryAfter = status === 503 ? '1' : retryAfterOf(error);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  if (status >= 500) request.log.error({ err: error }, 'log request failed');
  const reason = status === 500 ? 'the log of the server has the details' : (error as Error).message;
  return reply.code(status).type('text/plain; charset=utf-8').send(`${STATUS_CODES[status]}\n${reason}\n`);
}

function statusOfFramework(error: unknown): number {
  const { statusCode } = error as { statusCode?: unknown };
  return !isCoded(error) && typeof statusCode === 'number' && statusCode < 500 ? statusCode : 500;
}
