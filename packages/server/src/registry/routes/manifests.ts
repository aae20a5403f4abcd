import { formatManifest, MAX_MANIFEST_BYTES, MEDIA_TYPE, stripParameters } from '@waybill/core/oci';
import type { FastifyReply } from 'fastify';
import { actorOf } from '../../identity/index.ts';
import { deleteManifest } from '../delete-manifest.ts';
import { registryError } from '../errors.ts';
import { readManifest, resolveManifest } from '../get-manifest.ts';
import { listReferrers } from '../list-referrers.ts';
import { listTags, MAX_TAGS_PER_PAGE } from '../list-tags.ts';
import { digestFrom, manifestTooLarge, storeManifest } from '../put-manifest.ts';
import { readBody } from './body.ts';
import type { Call, Endpoints } from './call.ts';

export const MANIFEST_ENDPOINTS: Endpoints = {
  GET: { action: 'pull', handle: serveManifest },
  HEAD: { action: 'pull', handle: serveManifest },
  PUT: { action: 'push', handle: putManifest },
  DELETE: { action: 'delete', handle: removeManifest },
};

export const TAGS_ENDPOINTS: Endpoints = { GET: { action: 'pull', handle: getTags } };

export const REFERRERS_ENDPOINTS: Endpoints = { GET: { action: 'pull', handle: getReferrers } };

/** end-3. The one place where a manifest leaves the registry, GET and HEAD alike: resolved to a digest, then served. */
async function serveManifest(call: Call): Promise<FastifyReply> {
  const { deps, at, last, request, reply } = call;
  const bytes = request.method === 'GET';
  const manifest = bytes ? await readManifest(deps, at, last) : await resolveManifest(deps, at, last);
  reply
    .header('content-type', manifest.mediaType)
    .header('content-length', manifest.sizeBytes)
    .header('docker-content-digest', manifest.digest)
    .header('etag', `"${manifest.digest}"`);
  return 'bytes' in manifest ? reply.send(manifest.bytes) : reply.send();
}

/** end-7a, 7b */
async function putManifest(call: Call): Promise<FastifyReply> {
  const { request, at, reply } = call;
  const contentType = request.headers['content-type'];
  const receipt = await storeManifest(call.deps, at, {
    reference: call.last,
    tags: call.query.getAll('tag'),
    bytes: await readBody(request, MAX_MANIFEST_BYTES, manifestTooLarge),
    ...(contentType === undefined ? {} : { mediaType: stripParameters(contentType) }),
    pinned: false,
    actor: actorOf(call.caller.principal),
    requestId: request.id,
  });
  if (receipt.subject !== undefined) reply.header('oci-subject', receipt.subject);
  if (call.query.has('tag')) reply.header('oci-tag', receipt.tags.join(', '));
  return reply
    .code(201)
    .header('location', `/v2/${at.repository}/manifests/${receipt.digest}`)
    .header('docker-content-digest', receipt.digest)
    .send();
}

/** end-9 */
async function removeManifest(call: Call): Promise<FastifyReply> {
  await deleteManifest(call.deps, call.at, {
    reference: call.last,
    actor: actorOf(call.caller.principal),
    requestId: call.request.id,
  });
  return call.reply.code(202).send();
}

/** end-8a, 8b */
async function getTags(call: Call): Promise<FastifyReply> {
  const limit = limitFrom(call.query.get('n'));
  const page = await listTags(call.deps, call.at, { last: call.query.get('last') ?? '', limit });
  const last = page.tags.at(-1);
  if (page.more && last !== undefined) {
    linkNext(call, `tags/list?${new URLSearchParams({ n: String(limit), last })}`);
  }
  return call.reply.send({ name: call.at.repository, tags: page.tags });
}

/** end-12a, 12b */
async function getReferrers(call: Call): Promise<FastifyReply> {
  const subject = digestFrom(call.last);
  const artifactType = call.query.get('artifactType') ?? undefined;
  const page = await listReferrers(call.deps, call.at, {
    subject,
    artifactType,
    last: call.query.get('last') ?? undefined,
  });
  if (artifactType !== undefined) call.reply.header('oci-filters-applied', 'artifactType');
  if (page.next !== undefined) {
    const query = new URLSearchParams({
      last: page.next,
      ...(artifactType === undefined ? {} : { artifactType }),
    });
    linkNext(call, `referrers/${subject}?${query}`);
  }
  const index = formatManifest({
    type: 'index',
    mediaType: MEDIA_TYPE.imageIndex,
    manifests: page.referrers,
  });
  return call.reply.header('content-type', MEDIA_TYPE.imageIndex).send(index);
}

function limitFrom(text: string | null): number {
  if (text === null) return MAX_TAGS_PER_PAGE;
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text), MAX_TAGS_PER_PAGE);
  throw registryError(
    'registry_query_invalid',
    `n: expected how many tags to list, found ${JSON.stringify(text.slice(0, 40))}.`,
  );
}

function linkNext(call: Call, rest: string): void {
  call.reply.header('link', `</v2/${call.at.repository}/${rest}>; rel="next"`);
}
