import type { Finding } from '@waybill/api';
import { atOnce, isCoded } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import type { Contract } from '@waybill/core/contract';
import { type Digest, digestOf } from '@waybill/core/digest';
import type { RunMaterial, RunPredicate } from '@waybill/core/intoto';
import { parseKind, validateMaterial } from '@waybill/core/material';
import { parseReference } from '@waybill/core/oci';
import type { SharedTransactions } from '../ground/index.ts';
import { blobSizes, type RegistryDeps, readManifest, statManifest } from '../registry/index.ts';
import { digestOfStream } from './digest-of-stream.ts';
import type { DocumentRoom } from './document-room.ts';
import { attestationError } from './errors.ts';
import type { Examiner } from './open-examiner.ts';

/** A document that is validated is read whole; a larger one is refused rather than half checked. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;
/** Documents of one run together: checking them keeps everybody else waiting. */
const MAX_RUN_DOCUMENT_BYTES = 256 * 1024 * 1024;
const CONCURRENCY = 4;

/** Below this, handing a document over costs more than checking it. */
const MIN_ELSEWHERE_BYTES = 64 * 1024;

export interface MaterialsDeps extends RegistryDeps {
  readonly examiner: Pick<Examiner, 'validate'>;
  readonly reads: SharedTransactions;
  readonly documents: DocumentRoom;
}

export interface MaterialsQuestion {
  readonly orgId: string;
  /** Where the run's materials are, `<org>/<project>/<workflow>`. */
  readonly repository: string;
  readonly contract: Contract;
  readonly predicate: RunPredicate;
  /** `host[:port]` under which this server is its clients' registry. */
  readonly registryHost: string;
  /** Whether whoever pushed the attestation may read that repository: nobody learns here what is elsewhere. */
  readonly mayPull: (repository: string) => boolean;
}

interface Measured {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** One blob is read and checked once, however many materials name it. */
interface Work extends MaterialsQuestion {
  /** Of the blobs that the run's repository holds. */
  readonly sizes: ReadonlyMap<Digest, number>;
  readonly done: Map<string, Promise<Measured>>;
  documentBytes: number;
}

/**
 * Step `materials`: every material that the statement names is in the store, has the digest and size stated, by
 * our own hashing of the stored bytes, and is what its kind says. Findings, not errors: the signer is known, and
 * what is wrong with the evidence is itself evidence.
 */
export async function checkMaterials(
  deps: MaterialsDeps,
  question: MaterialsQuestion,
): Promise<readonly Finding[]> {
  const { materials } = question.predicate;
  const digests = materials.map(({ digest }) => digest);
  const sizes = await deps.reads.withOrg(question.orgId, (tx) => blobSizes(tx, question, digests));
  const work: Work = { ...question, sizes, done: new Map(), documentBytes: 0 };
  const findings = await atOnce(materials, CONCURRENCY, (material) => checkMaterial(deps, work, material));
  return findings.flat();
}

async function checkMaterial(
  deps: MaterialsDeps,
  work: Work,
  material: RunMaterial,
): Promise<readonly Finding[]> {
  try {
    const kind = parseKind(material.kind);
    if (kind === 'STRING') return checkString(material);
    if (kind === 'CONTAINER_IMAGE') return await checkImage(deps, work, material);
    if (kind === 'ARTIFACT') return await checkStored(deps, work, material);
    return await checkDocument(deps, work, material);
  } catch (error) {
    if (isCoded(error) && ABOUT_EVIDENCE.test(error.code)) {
      return [finding(material, error.code, error.message)];
    }
    throw error;
  }
}

/**
 * What is wrong with the evidence is a finding. Everything else is a fault of ours (database away, disk broken): it
 * must not become a verdict about the tenant, so the push fails, the run stays open, and the retry is the same call.
 */
const ABOUT_EVIDENCE = /^(material|oci|digest)_|^attestation_too_large$/;

function checkString(material: RunMaterial): readonly Finding[] {
  const { value } = material;
  if (value === undefined) {
    return [finding(material, 'material_value_missing', 'a STRING states its value, this one has none')];
  }
  return compare(material, { digest: digestOf(utf8(value)), sizeBytes: utf8(value).length }, 'its value');
}

/** Too large to be read whole and opaque: hashed as a stream. */
async function checkStored(
  deps: MaterialsDeps,
  work: Work,
  material: RunMaterial,
): Promise<readonly Finding[]> {
  if (skipsUpload(work.contract, material)) return [];
  if (!work.sizes.has(material.digest)) return [notInStore(material)];
  const found = await once(work, `blob ${material.digest}`, async () =>
    intact(material, await digestOfStream(await deps.store.get(material.digest))),
  );
  if (found.sizeBytes === 0) {
    return [finding(material, 'material_empty', 'the file is empty, which no evidence is')];
  }
  return compare(material, found, 'the stored blob');
}

async function checkDocument(
  deps: MaterialsDeps,
  work: Work,
  material: RunMaterial,
): Promise<readonly Finding[]> {
  if (skipsUpload(work.contract, material)) return [];
  if (!work.sizes.has(material.digest)) return [notInStore(material)];
  const found = await once(work, `${material.kind} ${material.digest}`, () => examine(deps, work, material));
  return compare(material, found, 'the stored blob');
}

async function examine(deps: MaterialsDeps, work: Work, material: RunMaterial): Promise<Measured> {
  const sizeBytes = work.sizes.get(material.digest) ?? 0;
  work.documentBytes += sizeBytes;
  if (sizeBytes > MAX_DOCUMENT_BYTES || work.documentBytes > MAX_RUN_DOCUMENT_BYTES) {
    throw attestationError(
      'attestation_too_large',
      `a document may have ${MAX_DOCUMENT_BYTES} bytes, and those of one run ${MAX_RUN_DOCUMENT_BYTES} bytes together: record large files as ARTIFACT, or in runs of their own`,
    );
  }
  const check = () => readAndCheck(deps, material);
  // A small one takes no room worth waiting for.
  return sizeBytes < MIN_ELSEWHERE_BYTES ? check() : deps.documents.within(work.orgId, sizeBytes, check);
}

async function readAndCheck(deps: MaterialsDeps, material: RunMaterial): Promise<Measured> {
  const bytes = await deps.store.read(material.digest, { maxBytes: MAX_DOCUMENT_BYTES });
  const kind = parseKind(material.kind);
  const options = material.filename === undefined ? {} : { filename: material.filename };
  if (bytes.length < MIN_ELSEWHERE_BYTES) validateMaterial(kind, bytes, options);
  else await deps.examiner.validate({ kind, bytes, options });
  // The store has hashed what it read.
  return { digest: material.digest, sizeBytes: bytes.length };
}

/** Bytes are stored under their digest: others are a fault of the store, and no word about the tenant. */
function intact(material: RunMaterial, found: Measured): Measured {
  if (found.digest === material.digest) return found;
  throw attestationError(
    'attestation_store_corrupt',
    `the store has other bytes under ${material.digest} than were put there (they hash to ${found.digest}): the disk or somebody with access to it changed them. Restore the blob, then push again`,
  );
}

function once(work: Work, key: string, measure: () => Promise<Measured>): Promise<Measured> {
  const known = work.done.get(key) ?? measure();
  work.done.set(key, known);
  return known;
}

/**
 * An image of this server's registry is looked up and hashed. One of another registry is bound by its digest
 * alone: that is all a verdict says of it, whatever that registry serves.
 */
async function checkImage(
  deps: MaterialsDeps,
  work: Work,
  material: RunMaterial,
): Promise<readonly Finding[]> {
  const { reference } = material;
  if (reference === undefined) {
    return [finding(material, 'material_reference_missing', 'a CONTAINER_IMAGE states its reference')];
  }
  const parsed = parseReference(reference);
  if (parsed.digest !== material.digest) {
    return [
      finding(
        material,
        'material_digest_mismatch',
        `stated digest ${material.digest}, its reference says ${parsed.digest ?? 'no digest'}`,
      ),
    ];
  }
  if (parsed.registry !== work.registryHost) return [];
  const at = { orgId: work.orgId, repository: parsed.repository };
  const row = work.mayPull(parsed.repository)
    ? await deps.db.withOrg(at.orgId, (tx) => statManifest(tx, at, material.digest))
    : null;
  if (row === null) {
    return [
      finding(
        material,
        'material_not_in_store',
        `${parsed.repository} in this server's registry has no manifest ${material.digest}: push the image first`,
      ),
    ];
  }
  const found = await once(work, `${parsed.repository}@${material.digest}`, async () => {
    const { bytes } = await readManifest(deps, at, material.digest);
    const measured = intact(material, { digest: digestOf(bytes), sizeBytes: bytes.length });
    validateMaterial('CONTAINER_IMAGE', bytes, { reference });
    return measured;
  });
  return compare(material, found, 'the stored manifest');
}

/** Only the contract can say that bytes stay where they are. */
function skipsUpload(contract: Contract, material: RunMaterial): boolean {
  return contract.materials.some((wanted) => wanted.name === material.name && wanted.skipUpload);
}

function notInStore(material: RunMaterial): Finding {
  return finding(
    material,
    'material_not_in_store',
    `the store has no blob ${material.digest}: the statement names other bytes than \`attestation add\` recorded. Add the material again in a new run`,
  );
}

function compare(material: RunMaterial, found: Measured, what: string): readonly Finding[] {
  if (found.digest !== material.digest) {
    return [
      finding(
        material,
        'material_digest_mismatch',
        `stated digest ${material.digest}, ${what} has ${found.digest}`,
      ),
    ];
  }
  if (found.sizeBytes !== material.sizeBytes) {
    return [
      finding(
        material,
        'material_size_mismatch',
        `stated size ${material.sizeBytes} bytes, ${what} has ${found.sizeBytes}`,
      ),
    ];
  }
  return [];
}

function finding(material: RunMaterial, code: string, message: string): Finding {
  return { step: 'materials', code, message: `${material.name}: ${message}`, material: material.name };
}
