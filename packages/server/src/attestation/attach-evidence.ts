import { isCoded } from '@waybill/core';
import { BUNDLE_MEDIA_TYPE } from '@waybill/core/bundle';
import type { Digest } from '@waybill/core/digest';
import { RUN_PREDICATE_TYPE, type RunMaterial, VSA_PREDICATE_TYPE } from '@waybill/core/intoto';
import {
  artifactManifest,
  type Descriptor,
  EMPTY_BLOB,
  formatManifest,
  MEDIA_TYPE,
  parseReference,
} from '@waybill/core/oci';
import type { Clock } from '../ground/index.ts';
import { blobSize, linkBlob, putManifest, type RegistryDeps, statManifest } from '../registry/index.ts';

/** artifactType of a run's manifest (docs/reference/run-manifest.md). */
export const RUN_ARTIFACT_TYPE = 'application/vnd.waybill.run.v1+json';

export interface EvidenceToAttach {
  readonly orgId: string;
  readonly orgName: string;
  readonly repository: string;
  readonly runId: string;
  readonly materials: readonly RunMaterial[];
  readonly attestation: Uint8Array;
  readonly verdict: Uint8Array;
  readonly registryHost: string;
  /** Evidence goes only where whoever pushed the attestation could have put it. */
  readonly mayPush: (repository: string) => boolean;
  readonly at: Date;
}

/**
 * Step `attach`: the run as an OCI manifest with its materials as layers, and attestation and verdict as referrers
 * of it and of each output image in this registry. All by digest, so repeating it changes nothing.
 */
export async function attachEvidence(
  deps: RegistryDeps & { readonly clock: Clock },
  evidence: EvidenceToAttach,
): Promise<{ readonly manifestDigest: Digest }> {
  const at = pick(evidence, evidence.repository);
  await linkBlob(deps, { ...at, bytes: EMPTY_BLOB });
  const run = await putRunManifest(deps, evidence);
  const subjects = [{ ...at, subject: run }, ...(await outputImages(deps, evidence))];
  for (const { subject, ...where } of subjects) {
    await attach(
      deps,
      where,
      { subject, bytes: evidence.attestation, predicateType: RUN_PREDICATE_TYPE },
      evidence,
    );
    await attach(
      deps,
      where,
      { subject, bytes: evidence.verdict, predicateType: VSA_PREDICATE_TYPE },
      evidence,
    );
  }
  return { manifestDigest: run.digest };
}

interface Place {
  readonly orgId: string;
  readonly orgName: string;
  readonly repository: string;
}

function pick(evidence: EvidenceToAttach, repository: string): Place {
  return { orgId: evidence.orgId, orgName: evidence.orgName, repository };
}

async function putRunManifest(deps: RegistryDeps, evidence: EvidenceToAttach): Promise<Descriptor> {
  const at = pick(evidence, evidence.repository);
  const layers: Descriptor[] = [];
  await deps.db.withOrg(at.orgId, async (tx) => {
    for (const material of evidence.materials) {
      // Values, images and what the contract leaves where it is have no blob here. A run that FAILED may state what
      // is not there, or another size than it has: its manifest says what is.
      const sizeBytes = await blobSize(tx, at, material.digest);
      if (sizeBytes !== null) layers.push(layerOf(material, sizeBytes));
    }
  });
  const bytes = formatManifest(
    artifactManifest({
      artifactType: RUN_ARTIFACT_TYPE,
      layers,
      annotations: { 'dev.waybill.run.id': evidence.runId },
    }),
  );
  const put = await putManifest(deps, {
    ...at,
    reference: `run-${evidence.runId}`,
    bytes,
    mediaType: MEDIA_TYPE.imageManifest,
  });
  return { mediaType: put.mediaType, digest: put.digest, sizeBytes: put.sizeBytes };
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

async function outputImages(
  deps: RegistryDeps,
  evidence: EvidenceToAttach,
): Promise<readonly (Place & { readonly subject: Descriptor })[]> {
  const found: (Place & { readonly subject: Descriptor })[] = [];
  const seen = new Set<string>();
  for (const { output, reference, digest } of evidence.materials) {
    if (!output || reference === undefined || !isReference(reference)) continue;
    const { registry, repository } = parseReference(reference);
    const image = `${repository}@${digest}`;
    if (registry !== evidence.registryHost || seen.has(image) || !evidence.mayPush(repository)) continue;
    seen.add(image);
    const at = pick(evidence, repository);
    const row = await statManifest(deps, at, digest);
    if (row) found.push({ ...at, subject: { mediaType: row.mediaType, digest, sizeBytes: row.sizeBytes } });
  }
  return found;
}

/** As cosign lays it (cosign specs/BUNDLE_SPEC.md), so that `cosign tree` and `cosign verify` find it. */
async function attach(
  deps: RegistryDeps,
  at: Place,
  referrer: { readonly subject: Descriptor; readonly bytes: Uint8Array; readonly predicateType: string },
  { at: created }: { readonly at: Date },
): Promise<void> {
  await linkBlob(deps, { ...at, bytes: EMPTY_BLOB });
  const layer = await linkBlob(deps, { ...at, bytes: referrer.bytes });
  const manifest = artifactManifest({
    artifactType: BUNDLE_MEDIA_TYPE,
    layers: [{ mediaType: BUNDLE_MEDIA_TYPE, ...layer }],
    subject: referrer.subject,
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': referrer.predicateType,
      'org.opencontainers.image.created': created.toISOString(),
    },
  });
  await putManifest(deps, { ...at, bytes: formatManifest(manifest), mediaType: MEDIA_TYPE.imageManifest });
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
