import { Fields } from '../../bytes/index.ts';
import { algorithmOf, digestOf, parseDigest } from '../../digest/index.ts';
import {
  type MaterialInput,
  type MaterialReader,
  mismatch,
  readObject,
  type ReaderFacts,
} from '../reader.ts';
import { quoted } from '../spelling.ts';

/** `host[:port]/repository[:tag]@digest` (OCI distribution-spec "Pulling manifests", docker reference grammar). */
const NAME =
  /^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::[0-9]{1,5})?|\[[0-9a-fA-F:]+\](?::[0-9]{1,5})?)(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?$/;

/** The image manifest or index that the reference names; the layers stay in the registry. */
export const containerImageReader: MaterialReader = {
  kind: 'CONTAINER_IMAGE',
  next: 'Name the image as host/repository:tag@sha256:… and give the manifest bytes of that digest',
  validate: (input) => {
    const { tag, digest } = readReference(input);
    const found = digestOf(input.bytes, algorithmOf(digest));
    if (found !== digest)
      throw mismatch(`expected a manifest with digest ${digest}, found one with ${found}`);
    const facts = readManifest(readObject(input));
    return { ...facts, annotations: { ...facts.annotations, ...(tag ? { 'image.tag': tag } : {}) } };
  },
};

function readReference({ reference }: MaterialInput) {
  if (reference === undefined) throw mismatch('expected an image reference, found none');
  if (reference.length > 512)
    throw mismatch(`the reference is ${reference.length} characters long, the limit is 512`);
  const at = reference.indexOf('@');
  if (at < 0) throw mismatch(`expected a reference with a digest, found ${quoted(reference)}`);
  const digest = parseDigest(reference.slice(at + 1), 'reference');
  const name = NAME.exec(reference.slice(0, at));
  if (name === null) throw mismatch(`expected host/repository[:tag]@digest, found ${quoted(reference)}`);
  return { digest, tag: name[1] };
}

function readManifest(manifest: Fields): ReaderFacts {
  if (manifest.integer('schemaVersion') !== 2) throw mismatch('expected schemaVersion 2');
  const mediaType = manifest.optionalString('mediaType');
  const annotations: Record<string, string> = mediaType ? { 'image.media_type': mediaType } : {};
  if (manifest.has('manifests') && manifest.has('layers')) {
    throw mismatch('both "manifests" and "layers": expected an image manifest or an index');
  }
  if (manifest.has('manifests')) {
    const manifests = manifest.objects('manifests');
    for (const item of manifests) checkDescriptor(item);
    return { counts: { manifests: manifests.length }, annotations };
  }
  checkDescriptor(manifest.object('config'));
  const layers = manifest.objects('layers');
  for (const layer of layers) checkDescriptor(layer);
  return { counts: { layers: layers.length }, annotations };
}

function checkDescriptor(descriptor: Fields): void {
  parseDigest(descriptor.string('digest'), `${descriptor.at}.digest`);
  descriptor.string('mediaType');
  if (descriptor.integer('size') < 0) throw mismatch(`${descriptor.at}.size: negative`);
}
