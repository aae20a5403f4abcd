import { isCoded } from '@waybill/core';
import { BUNDLE_MEDIA_TYPE } from '@waybill/core/bundle';
import type { Digest } from '@waybill/core/digest';
import { RUN_PREDICATE_TYPE, type RunMaterial, VSA_PREDICATE_TYPE } from '@waybill/core/intoto';
import {
  artifactManifest,
  type Descriptor,
  EMPTY_DESCRIPTOR,
  formatManifest,
  MEDIA_TYPE,
  parseReference,
} from '@waybill/core/oci';
import type { Clock, Tx } from '../ground/index.ts';
import { blobSizes, linkBlob, putManifest, type RegistryDeps, statManifest } from '../registry/index.ts';
import type { Stored } from '../store/index.ts';

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
 * of it and of each output image in this registry. The bytes first, then all rows in one transaction: the evidence
 * of a run appears at once or not at all. All by digest, so repeating it changes nothing.
 */
export async function attachEvidence(
  deps: RegistryDeps & { readonly clock: Clock },
  evidence: EvidenceToAttach,
): Promise<{ readonly manifestDigest: Digest }> {
  const [attestation, verdict] = await Promise.all([
    deps.store.put(evidence.attestation),
    deps.store.put(evidence.verdict),
  ]);
  return deps.db.withOrg(evidence.orgId, async (tx) => {
    const now = deps.clock();
    const home = pick(evidence, evidence.repository);
    await linkBlob(tx, { ...home, stored: EMPTY_DESCRIPTOR, now });
    const run = await putRunManifest(tx, evidence, now);
    for (const { subject, at } of [{ subject: run, at: home }, ...(await outputImages(tx, evidence))]) {
      for (const stored of [EMPTY_DESCRIPTOR, attestation, verdict]) {
        await linkBlob(tx, { ...at, stored, now });
      }
      const attach = (layer: Stored, predicateType: string) =>
        putManifest(tx, { ...at, ...referrerOf({ subject, layer, predicateType, at: evidence.at }), now });
      await attach(attestation, RUN_PREDICATE_TYPE);
      await attach(verdict, VSA_PREDICATE_TYPE);
    }
    return { manifestDigest: run.digest };
  });
}

interface Place {
  readonly orgId: string;
  readonly orgName: string;
  readonly repository: string;
}

function pick(evidence: EvidenceToAttach, repository: string): Place {
  return { orgId: evidence.orgId, orgName: evidence.orgName, repository };
}

async function putRunManifest(tx: Tx, evidence: EvidenceToAttach, now: Date): Promise<Descriptor> {
  const at = pick(evidence, evidence.repository);
  // Values, images and what the contract leaves where it is have no blob here. A run that FAILED may state what
  // is not there, or another size than it has: its manifest says what is.
  const sizes = await blobSizes(
    tx,
    at,
    evidence.materials.map(({ digest }) => digest),
  );
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
  const reference = `run-${evidence.runId}`;
  const put = await putManifest(tx, { ...at, reference, bytes, mediaType: MEDIA_TYPE.imageManifest, now });
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
  tx: Tx,
  evidence: EvidenceToAttach,
): Promise<readonly { readonly at: Place; readonly subject: Descriptor }[]> {
  const found: { readonly at: Place; readonly subject: Descriptor }[] = [];
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

/** As cosign lays it (cosign specs/BUNDLE_SPEC.md), so that `cosign tree` and `cosign verify` find it. */
function referrerOf(about: {
  readonly subject: Descriptor;
  readonly layer: Stored;
  readonly predicateType: string;
  readonly at: Date;
}): { readonly bytes: Uint8Array; readonly mediaType: string } {
  const manifest = artifactManifest({
    artifactType: BUNDLE_MEDIA_TYPE,
    layers: [{ mediaType: BUNDLE_MEDIA_TYPE, ...about.layer }],
    subject: about.subject,
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': about.predicateType,
      'org.opencontainers.image.created': about.at.toISOString(),
    },
  });
  return { bytes: formatManifest(manifest), mediaType: MEDIA_TYPE.imageManifest };
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
