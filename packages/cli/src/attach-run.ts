import type { Receipt } from '@waybill/api';
import { atOnce, isCoded } from '@waybill/core';
import { BUNDLE_MEDIA_TYPE } from '@waybill/core/bundle';
import type { RunMaterial } from '@waybill/core/intoto';
import type { Reference } from '@waybill/core/oci';
import type { Connection } from './connection.ts';
import type { Session } from './session.ts';

/** What became of the evidence of a run beside one output image. */
export interface Attachment {
  /** `host/repository@digest` */
  readonly image: string;
  /** `present`: it was there already. */
  readonly state: 'attached' | 'present' | 'failed';
  /** Why it failed. */
  readonly reason?: string;
}

const IMAGES_AT_ONCE = 4;

/**
 * Attaches attestation, verdict and provenance of a run beside each output image in the image's own registry, laid
 * as this server lays them in its own; those that the receipt names are there. The same call again changes nothing.
 * A registry that does not take them, or a server that does not give them, is an answer, not an error: the verdict stands
 * all the same.
 */
export async function attachRun(
  session: Session,
  connection: Connection,
  run: { readonly receipt: Receipt; readonly materials: readonly RunMaterial[] },
): Promise<readonly Attachment[]> {
  const { receipt, materials } = run;
  const images = await outputImages(materials);
  const present = new Set(receipt.attachedTo);
  const missing = images.some((image) => !present.has(nameOf(image)));
  const documents = missing ? documentsOf(connection, receipt) : Promise.resolve([]);
  return atOnce(images, IMAGES_AT_ONCE, (image) =>
    present.has(nameOf(image))
      ? Promise.resolve<Attachment>({ image: nameOf(image), state: 'present' })
      : attachAll(session, connection, { image, documents }),
  );
}

async function outputImages(materials: readonly RunMaterial[]): Promise<readonly Reference[]> {
  const outputs = materials.filter(({ output, kind }) => output && kind === 'CONTAINER_IMAGE');
  if (outputs.length === 0) return [];
  const { parseReference } = await import('@waybill/core/oci');
  const images = outputs.flatMap(({ reference, digest }) =>
    reference === undefined ? [] : [{ ...parseReference(reference), digest }],
  );
  return [...new Map(images.map((image) => [nameOf(image), image])).values()];
}

function nameOf({ registry, repository, digest }: Reference): string {
  return `${registry}/${repository}@${digest}`;
}

type Document = readonly [predicateType: string, bytes: Uint8Array, createdAt: string];

async function documentsOf({ client }: Connection, receipt: Receipt): Promise<readonly Document[]> {
  const { RUN_PREDICATE_TYPE, VSA_PREDICATE_TYPE, PROVENANCE_V1_TYPE } = await import('@waybill/core/intoto');
  const { runId, verifiedAt } = receipt;
  const downloads = [
    [RUN_PREDICATE_TYPE, client.downloadBundle(runId)],
    [VSA_PREDICATE_TYPE, client.downloadVerdict(runId)],
    ...(receipt.provenance === undefined
      ? []
      : [[PROVENANCE_V1_TYPE, client.downloadProvenance(runId)] as const]),
  ] as const;
  return Promise.all(
    downloads.map(async ([type, text]) => [type, Buffer.from(await text), verifiedAt] as const),
  );
}

/** One after the other: a registry without referrers API has one list of them for each image. */
async function attachAll(
  session: Session,
  connection: Connection,
  { image, documents }: { readonly image: Reference; readonly documents: Promise<readonly Document[]> },
): Promise<Attachment> {
  const { attachTo } = await import('./registry.ts');
  let state: Attachment['state'] = 'present';
  try {
    for (const [predicateType, bytes, createdAt] of await documents) {
      const attached = await attachTo(session, connection, {
        reference: image,
        artifactType: BUNDLE_MEDIA_TYPE,
        bytes,
        // As cosign lays them (cosign specs/BUNDLE_SPEC.md). Of the time of the verdict, so that a retry makes the same bytes.
        annotations: {
          'dev.sigstore.bundle.content': 'dsse-envelope',
          'dev.sigstore.bundle.predicateType': predicateType,
          'org.opencontainers.image.created': createdAt,
        },
      });
      if (attached) state = 'attached';
    }
    return { image: nameOf(image), state };
  } catch (error) {
    if (!isCoded(error)) throw error;
    return { image: nameOf(image), state: 'failed', reason: `${error.message} [${error.code}]` };
  }
}

/** Told on standard error where it failed: which image, why, and how it is tried again. */
export function noteFailures({ output }: Session, runId: string, attachments: readonly Attachment[]): void {
  for (const { image, state, reason } of attachments) {
    if (state !== 'failed') continue;
    output.note(
      `the evidence is on the server, but not beside ${image}: ${reason}\nSign in to that registry (docker login, or WAYBILL_REGISTRY with _USERNAME and _PASSWORD), and run waybill attestation attach ${runId}; or push with --no-attach if it is not wanted there.`,
    );
  }
}

/** For people: a line for each image. */
export function attachmentsText(attachments: readonly Attachment[]): readonly string[] {
  return attachments.map(
    ({ image, state }) =>
      `${{ attached: 'attached to', present: 'is beside', failed: 'NOT attached to' }[state]} ${image}`,
  );
}
