import { isCoded } from '@waybill/core';
import { BUNDLE_MEDIA_TYPE } from '@waybill/core/bundle';
import { type Digest, digestOf } from '@waybill/core/digest';
import {
  PROVENANCE_V1_TYPE,
  RUN_PREDICATE_TYPE,
  type RunMaterial,
  VSA_PREDICATE_TYPE,
} from '@waybill/core/intoto';
import {
  artifactManifest,
  type Descriptor,
  EMPTY_DESCRIPTOR,
  formatManifest,
  MEDIA_TYPE,
  parseReference,
} from '@waybill/core/oci';
import type { Tx } from '../ground/index.ts';
import { blobSizes, type EvidenceManifest, putEvidence, statManifest } from '../registry/index.ts';
import type { Stored } from '../store/index.ts';

/** artifactType of a run's manifest (docs/reference/run-manifest.md). */
export const RUN_ARTIFACT_TYPE = 'application/vnd.waybill.run.v1+json';

export interface EvidenceToAttach {
  readonly orgId: string;
  readonly orgName: string;
  /** `<org>/<project>/<workflow>` */
  readonly repository: string;
  readonly runId: string;
  readonly materials: readonly RunMaterial[];
  /** The bundles, with their log entries, which the store has already. */
  readonly attestation: Stored;
  readonly verdict: Stored;
  /** Of a run that PASSED. */
  readonly provenance: Stored | null;
  readonly registryHost: string;
  /** Whether whoever pushed the attestation may push to that repository: evidence beside an image is a push. */
  readonly mayPush: (repository: string) => boolean;
  readonly at: Date;
}

/**
 * Step `attach`: the run as an OCI manifest with its materials as layers, and attestation, verdict and provenance as
 * referrers of it and of each output image in this registry. In the transaction that ends the run: its evidence appears with
 * it or not at all. All by digest, so repeating it changes nothing.
 */
export async function attachEvidence(
  tx: Tx,
  evidence: EvidenceToAttach,
  to: { readonly manifest: RunManifest; readonly images: readonly OutputImage[] },
): Promise<void> {
  const { bytes, descriptor } = to.manifest;
  const { attestation, verdict, provenance } = evidence;
  const blobs = [EMPTY_DESCRIPTOR, attestation, verdict, ...(provenance === null ? [] : [provenance])];
  await putEvidence(tx, {
    ...pick(evidence, evidence.repository),
    blobs,
    manifests: [{ bytes, tag: `run-${evidence.runId}` }, ...referrersOf(descriptor, evidence)],
    now: evidence.at,
  });
  for (const { at, subject } of to.images) {
    await putEvidence(tx, { ...at, blobs, manifests: referrersOf(subject, evidence), now: evidence.at });
  }
}

export interface RunManifest {
  readonly bytes: Uint8Array;
  readonly descriptor: Descriptor;
}

interface Place {
  readonly orgId: string;
  readonly orgName: string;
  readonly repository: string;
}

function pick(evidence: EvidenceToAttach, repository: string): Place {
  return { orgId: evidence.orgId, orgName: evidence.orgName, repository };
}

type BlobSizes = ReadonlyMap<Digest, number>;

/** Sizes of those materials that are blobs of the run's repository. */
export function materialSizes(tx: Tx, evidence: EvidenceToAttach): Promise<BlobSizes> {
  return blobSizes(
    tx,
    pick(evidence, evidence.repository),
    evidence.materials.map(({ digest }) => digest),
  );
}

/** The run as an OCI manifest (docs/reference/run-manifest.md). */
export function runManifest(evidence: EvidenceToAttach, sizes: BlobSizes): RunManifest {
  // Values, images and what the contract leaves where it is have no blob here. A run that FAILED may state what
  // is not there, or another size than it has: its manifest says what is.
  const layers = evidence.materials.flatMap((material) => {
    const sizeBytes = sizes.get(material.digest);
    return sizeBytes === undefined ? [] : [layerOf(material, sizeBytes)];
  });
  const bytes = formatManifest(
    artifactManifest({
      artifactType: RUN_ARTIFACT_TYPE,
      layers,
      annotations: { 'dev.waybill.run.id': evidence.runId },
    }),
  );
  const descriptor = {
    mediaType: MEDIA_TYPE.imageManifest,
    digest: digestOf(bytes),
    sizeBytes: bytes.length,
  };
  return { bytes, descriptor };
}

function layerOf(material: RunMaterial, sizeBytes: number): Descriptor {
  // A run that FAILED may state any text as kind; those that we know are letters, digits and underscores.
  const kind = material.kind
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64);
  return {
    mediaType: `application/vnd.waybill.material.v1+${kind}`,
    digest: material.digest,
    sizeBytes,
    annotations: {
      'dev.waybill.material.name': material.name,
      'dev.waybill.material.kind': material.kind,
      ...(material.filename === undefined ? {} : { 'org.opencontainers.image.title': material.filename }),
    },
  };
}

export interface OutputImage {
  readonly at: Place;
  readonly subject: Descriptor;
}

/** `host/repository@digest` */
export function imageName({ registryHost }: EvidenceToAttach, { at, subject }: OutputImage): string {
  return `${registryHost}/${at.repository}@${subject.digest}`;
}

/** The output images in this registry that whoever pushed the attestation may push beside. */
export async function outputImages(tx: Tx, evidence: EvidenceToAttach): Promise<readonly OutputImage[]> {
  const found: OutputImage[] = [];
  const seen = new Set<string>();
  for (const { output, reference, digest } of evidence.materials) {
    if (!output || reference === undefined || !isReference(reference)) continue;
    const { registry, repository } = parseReference(reference);
    const image = `${repository}@${digest}`;
    if (registry !== evidence.registryHost || seen.has(image) || !evidence.mayPush(repository)) continue;
    seen.add(image);
    const at = pick(evidence, repository);
    const row = await statManifest(tx, at, digest);
    if (row) found.push({ at, subject: { mediaType: row.mediaType, digest, sizeBytes: row.sizeBytes } });
  }
  return found;
}

/** As cosign lays them (cosign specs/BUNDLE_SPEC.md), so that `cosign tree` and `cosign verify` find them. */
function referrersOf(subject: Descriptor, evidence: EvidenceToAttach): readonly EvidenceManifest[] {
  const bundles = [
    [evidence.attestation, RUN_PREDICATE_TYPE],
    [evidence.verdict, VSA_PREDICATE_TYPE],
    ...(evidence.provenance === null ? [] : [[evidence.provenance, PROVENANCE_V1_TYPE] as const]),
  ] as const;
  return bundles.map(([layer, predicateType]) => ({
    bytes: formatManifest(
      artifactManifest({
        artifactType: BUNDLE_MEDIA_TYPE,
        layers: [{ mediaType: BUNDLE_MEDIA_TYPE, ...layer }],
        subject,
        annotations: {
          'dev.sigstore.bundle.content': 'dsse-envelope',
          'dev.sigstore.bundle.predicateType': predicateType,
          'org.opencontainers.image.created': evidence.at.toISOString(),
        },
      }),
    ),
  }));
}

/** A run that FAILED may state any text as reference. */
function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch (error) {
    if (isCoded(error)) return false;
    throw error;
  }
}
