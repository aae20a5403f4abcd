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
import { emitManifestPushed } from './events.ts';
import { type At, findPinnedTags, findSizes, insertManifest, setTag } from './queries.ts';

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

/** A client's push: `storeManifest` in a transaction of its own. */
export function pushManifest(deps: RegistryDeps, at: At, put: PutManifest): Promise<PutReceipt> {
  return deps.db.withOrg(at.orgId, (tx) => storeManifest(tx, at, { ...put, now: deps.clock() }));
}

/**
 * Stores a manifest byte for byte (end-7): parse → check the digest → all content there → rows, tags, audit and
 * event in the caller's transaction. A subject may come later (distribution-spec "Pushing Manifests").
 * Throws `registry_manifest_invalid`, `registry_manifest_too_large`, `registry_digest_invalid`,
 * `registry_tag_invalid`, `registry_manifest_blob_unknown`, `registry_manifest_pinned`.
 */
export async function storeManifest(
  tx: Tx,
  at: At,
  put: PutManifest & { readonly now: Date },
): Promise<PutReceipt> {
  const manifest = parse(put);
  const { digest, tags } = place(put);
  const subject = manifest.subject?.digest;
  await requireContent(tx, at, manifest);
  if (!put.pinned) await refusePinnedTags(tx, at, tags, digest);
  await insertManifest(tx, at, {
    digest,
    mediaType: manifest.mediaType,
    artifactType: artifactTypeOf(manifest),
    subject,
    annotations: manifest.annotations ?? {},
    sizeBytes: put.bytes.length,
    bytes: put.bytes,
    pinned: put.pinned,
    references: requiredContent(manifest).map((item) => item.digest),
    now: put.now,
  });
  for (const name of tags) await setTag(tx, at, { name, digest, now: put.now });
  await record(tx, at, put, { digest, tags, subject });
  return {
    digest,
    mediaType: manifest.mediaType,
    sizeBytes: put.bytes.length,
    tags,
    ...(subject === undefined ? {} : { subject }),
  };
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

async function requireContent(tx: Tx, at: At, manifest: Manifest): Promise<void> {
  const items = requiredContent(manifest);
  // An index may list manifests and, less often, blobs (image-spec image-index.md "manifests").
  const sizes = await findSizes(
    tx,
    at,
    items.map((item) => item.digest),
    manifest.type === 'index' ? 'both' : 'blobs',
  );
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

async function record(
  tx: Tx,
  at: At,
  put: PutManifest,
  stored: { readonly digest: Digest; readonly tags: readonly string[]; readonly subject: Digest | undefined },
): Promise<void> {
  const { digest, tags, subject } = stored;
  await writeAudit(tx, {
    orgId: at.orgId,
    actor: put.actor,
    action: 'registry.manifest.put',
    target: `${at.repository}@${digest}`,
    outcome: 'ok',
    detail: { tags, ...(subject === undefined ? {} : { subject }) },
    ...(put.requestId === undefined ? {} : { requestId: put.requestId }),
  });
  await emitManifestPushed(tx, at.orgId, {
    repository: at.repository,
    digest,
    tags,
    ...(subject === undefined ? {} : { subject }),
  });
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
