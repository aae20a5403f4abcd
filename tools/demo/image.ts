import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import { Secret } from '@waybill/core';
import { canonicalJson, utf8 } from '@waybill/core/bytes';
import { type Digest, digestOf } from '@waybill/core/digest';
import { tarOf } from './tar.ts';

export interface Image {
  readonly layer: Uint8Array;
  readonly config: Uint8Array;
  readonly manifest: Uint8Array;
  readonly digest: Digest;
}

/** An OCI image (image-spec v1.1) whose only layer holds `program` at /usr/local/bin/waybill.js. */
function imageOf(program: Uint8Array): Image {
  const tar = tarOf('usr/local/bin/waybill.js', program);
  const layer = gzipSync(tar, { level: 1 });
  const config = utf8(
    canonicalJson({
      architecture: 'amd64',
      os: 'linux',
      config: { Entrypoint: ['node', '/usr/local/bin/waybill.js'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
    }),
  );
  const manifest = utf8(
    canonicalJson({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: descriptor('application/vnd.oci.image.config.v1+json', config),
      layers: [descriptor('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
    }),
  );
  return { layer, config, manifest, digest: digestOf(manifest) };
}

function descriptor(mediaType: string, bytes: Uint8Array) {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** Pushes the program as an image, by OCI's own API with a token. Returns its reference by digest. */
export async function pushImage(options: {
  readonly url: string;
  readonly token: string;
  readonly repository: string;
  /** Path of the program. */
  readonly program: string;
}): Promise<string> {
  const { repository } = options;
  const { host } = new URL(options.url);
  const image = imageOf(await readFile(options.program));
  const registry = connect(host, {
    credentials: { username: 'demo', password: new Secret(options.token) },
  });
  await pushBlob(registry, repository, image.layer);
  await pushBlob(registry, repository, image.config);
  await pushManifest(
    registry,
    { repository },
    { bytes: image.manifest, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  );
  return `${host}/${repository}@${image.digest}`;
}
