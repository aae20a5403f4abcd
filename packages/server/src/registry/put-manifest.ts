import { type CodedError, isCoded } from '@waybill/core';
import { algorithmOf, type Digest, digestOf, parseDigest } from '@waybill/core/digest';
import {
  artifactTypeOf,
  MAX_MANIFEST_BYTES,
  type Manifest,
  parseManifest,
  parseTag,
  requiredContent,
} from '@waybill/core/oci';
import { type Tx, writeAudit } from '../ground/index.ts';
import type { RegistryDeps } from './deps.ts';
import { registryError } from './errors.ts';
import { emitManifestsPushed } from './events.ts';
import {
  type At,
  ensureRepository,
  findPinnedTags,
  findSizes,
  insertManifests,
  type NewManifest,
  setTag,
} from './queries.ts';

export interface PutManifest {
  /** A tag, or the digest that the bytes must have; without it the manifest is put by its SHA-256 digest. */
  readonly reference?: string;
  /** Further tags (end-7b). */
  readonly tags?: readonly string[];
  readonly bytes: Uint8Array;
  /** Content-Type without parameters. */
  readonly mediaType?: string;
  /** True for evidence that the server puts: it can then neither be deleted nor retagged over HTTP. */
  readonly pinned: boolean;
  readonly actor: string;
  readonly requestId?: string;
}

export interface PutReceipt {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly tags: readonly string[];
  readonly subject?: Digest;
}

/** A put whose bytes are a manifest, and where it goes. */
export interface ParsedPut extends PutManifest {
  readonly manifest: Manifest;
  readonly digest: Digest;
  readonly tags: readonly string[];
}

/**
 * Stores a manifest byte for byte (end-7): parse → check the digest → all content there → rows, tags, audit and
 * event in one transaction. A subject may come later (distribution-spec "Pushing Manifests").
 * Throws `registry_manifest_invalid`, `registry_manifest_too_large`, `registry_digest_invalid`,
 * `registry_tag_invalid`, `registry_manifest_blob_unknown`, `registry_manifest_pinned`.
 */
export async function storeManifest(deps: RegistryDeps, at: At, input: PutManifest): Promise<PutReceipt> {
  const put = parsePut(input);
  const { digest, tags, manifest } = put;
  const now = deps.clock();
  await deps.db.withOrg(at.orgId, async (tx) => {
    const refused = put.pinned ? [] : [refusePinnedTags(tx, at, tags, digest)];
    // Together, and in this order; what refuses undoes the rest with the transaction.
    await Promise.all([
      requireContent(tx, at, [manifest]),
      ...refused,
      ensureRepository(tx, at, now),
      insertManifests(tx, at, [rowOf(put)], now),
      ...tags.map((name) => setTag(tx, at, { name, digest, now })),
      recordPuts(tx, at, [put]),
    ]);
  });
  return {
    digest,
    mediaType: manifest.mediaType,
    sizeBytes: put.bytes.length,
    tags,
    ...subjectOf(manifest),
  };
}

/** Throws `registry_manifest_invalid`, `registry_manifest_too_large`, `registry_digest_invalid`, `registry_tag_invalid`. */
export function parsePut(put: PutManifest): ParsedPut {
  return { ...put, manifest: parse(put), ...place(put) };
}

export function rowOf(put: ParsedPut): NewManifest {
  const { digest, manifest, bytes, pinned } = put;
  return {
    digest,
    mediaType: manifest.mediaType,
    artifactType: artifactTypeOf(manifest),
    subject: manifest.subject?.digest,
    annotations: manifest.annotations ?? {},
    sizeBytes: bytes.length,
    bytes,
    pinned,
    references: requiredContent(manifest).map((item) => item.digest),
  };
}

function subjectOf(manifest: Manifest): { readonly subject?: Digest } {
  return manifest.subject === undefined ? {} : { subject: manifest.subject.digest };
}

/** Throws `registry_manifest_pinned` when one of the tags names evidence and would be moved away from it. */
export async function refusePinnedTags(
  tx: Tx,
  at: At,
  tags: readonly string[],
  digest: Digest | null,
): Promise<void> {
  const [pinned] = await findPinnedTags(tx, at, tags, digest);
  if (pinned === undefined) return;
  throw registryError(
    'registry_manifest_pinned',
    `Tag ${pinned} of ${at.repository} names evidence that this server recorded: it stays where it is. Use another tag.`,
    { detail: { tag: pinned } },
  );
}

function parse(put: PutManifest): Manifest {
  try {
    return parseManifest(put.bytes, put.mediaType);
  } catch (error) {
    if (!isCoded(error)) throw error;
    throw isCoded(error, 'oci_manifest_too_large') ? manifestTooLarge(error) : manifestInvalid(error);
  }
}

/** Where the manifest goes: its digest (checked when the client names one) and its tags. */
function place(put: PutManifest): { readonly digest: Digest; readonly tags: readonly string[] } {
  const named = (put.tags ?? []).map(tagOf);
  if (put.reference === undefined) return { digest: digestOf(put.bytes), tags: named };
  if (!put.reference.includes(':'))
    return { digest: digestOf(put.bytes), tags: [tagOf(put.reference), ...named] };
  const expected = digestFrom(put.reference);
  const found = digestOf(put.bytes, algorithmOf(expected));
  if (found !== expected) {
    throw registryError(
      'registry_digest_invalid',
      `The manifest's digest is ${found}, but it was pushed as ${expected}. Nothing was kept.`,
      { detail: { expected, found } },
    );
  }
  return { digest: expected, tags: named };
}

/** Throws `registry_digest_invalid`. */
export function digestFrom(text: string): Digest {
  try {
    return parseDigest(text);
  } catch (error) {
    if (!isCoded(error)) throw error;
    throw registryError('registry_digest_invalid', error.message, { cause: error });
  }
}

/** Throws `registry_tag_invalid`. */
export function tagOf(text: string): string {
  try {
    return parseTag(text);
  } catch (error) {
    if (!isCoded(error)) throw error;
    throw registryError('registry_tag_invalid', error.message, { cause: error });
  }
}

/**
 * What the manifests are made of is in the repository, and stays there until the transaction ends.
 * Throws `registry_manifest_blob_unknown`, `registry_manifest_invalid`.
 */
export async function requireContent(tx: Tx, at: At, manifests: readonly Manifest[]): Promise<void> {
  const items = manifests.flatMap(requiredContent);
  // An index may list manifests and, less often, blobs (image-spec image-index.md "manifests").
  const sizes = await findSizes(tx, at, {
    digests: items.map((item) => item.digest),
    held: manifests.some(({ type }) => type === 'index') ? 'both' : 'blobs',
    keep: true,
  });
  const missing = items.filter((item) => !sizes.has(item.digest)).map((item) => item.digest);
  if (missing.length > 0) {
    throw registryError(
      'registry_manifest_blob_unknown',
      `The manifest is made of ${missing.length} item(s) that are not in ${at.repository}, first ${missing[0]}: push them first.`,
      { detail: { repository: at.repository, missing: missing.slice(0, 100) } },
    );
  }
  const wrong = items.find((item) => sizes.get(item.digest) !== item.sizeBytes);
  if (wrong !== undefined) {
    throw registryError(
      'registry_manifest_invalid',
      `The manifest says that ${wrong.digest} has ${wrong.sizeBytes} bytes, but it has ${sizes.get(wrong.digest)}.`,
    );
  }
}

/** Audit rows and events of manifests that were put. */
export async function recordPuts(tx: Tx, at: At, puts: readonly ParsedPut[]): Promise<void> {
  const rows = puts.map((put) => ({
    orgId: at.orgId,
    actor: put.actor,
    action: 'registry.manifest.put',
    target: `${at.repository}@${put.digest}`,
    outcome: 'ok' as const,
    detail: { tags: put.tags, ...subjectOf(put.manifest) },
    ...(put.requestId === undefined ? {} : { requestId: put.requestId }),
  }));
  const events = puts.map(({ digest, tags, manifest }) => ({
    repository: at.repository,
    digest,
    tags,
    ...subjectOf(manifest),
  }));
  await Promise.all([writeAudit(tx, rows), emitManifestsPushed(tx, at.orgId, events)]);
}

export function manifestTooLarge(cause?: CodedError): Error {
  return registryError(
    'registry_manifest_too_large',
    cause?.message ??
      `The manifest is larger than ${MAX_MANIFEST_BYTES} bytes; put large content into a layer.`,
    { cause },
  );
}

function manifestInvalid(cause: CodedError): Error {
  return registryError('registry_manifest_invalid', cause.message, { cause, detail: { reason: cause.code } });
}
