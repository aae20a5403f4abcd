import { quoted } from '../../bytes/index.ts';
import { algorithmOf, digestOf } from '../../digest/index.ts';
import { artifactTypeOf, type Manifest, parseManifest, parseReference } from '../../oci/index.ts';
import { type MaterialReader, mismatch, type ReaderFacts } from '../reader.ts';

/** The image manifest or index that the reference names by its digest; the layers stay in the registry. */
export const containerImageReader: MaterialReader = {
  kind: 'CONTAINER_IMAGE',
  next: 'Name the image as host/repository:tag@sha256:… and give the manifest bytes of that digest',
  validate: ({ bytes, reference }) => {
    if (reference === undefined) throw mismatch('expected an image reference, found none');
    const { tag, digest } = parseReference(reference);
    if (digest === undefined)
      throw mismatch(`expected a reference with a digest, found ${quoted(reference)}`);
    const found = digestOf(bytes, algorithmOf(digest));
    if (found !== digest)
      throw mismatch(`expected a manifest with digest ${digest}, found one with ${found}`);
    return factsOf(parseManifest(bytes), tag);
  },
};

function factsOf(manifest: Manifest, tag: string | undefined): ReaderFacts {
  const type = artifactTypeOf(manifest);
  return {
    counts:
      manifest.type === 'image'
        ? { layers: manifest.layers.length }
        : { manifests: manifest.manifests.length },
    annotations: { ...(tag ? { 'image.tag': tag } : {}), ...(type ? { 'image.artifact_type': type } : {}) },
  };
}
