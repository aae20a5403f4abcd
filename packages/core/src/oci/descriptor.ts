import { Fields, fromBase64, type Json } from '../bytes/index.ts';
import { algorithmOf, type Digest, digestOf, parseDigest } from '../digest/index.ts';
import { CodedError } from '../errors.ts';
import { isMediaType, MEDIA_TYPE } from './media-types.ts';

/** image-spec descriptor.md. `sizeBytes` is `size` on the wire. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The content itself, when the descriptor carries it. */
  readonly data?: Uint8Array;
  readonly platform?: Platform;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** image-spec manifest.md "Guidance for an Empty Descriptor": the content is `{}`. */
export const EMPTY_BLOB: Uint8Array = new Uint8Array([0x7b, 0x7d]);

export const EMPTY_DESCRIPTOR: Descriptor = Object.freeze({
  mediaType: MEDIA_TYPE.empty,
  digest: digestOf(EMPTY_BLOB),
  sizeBytes: EMPTY_BLOB.length,
  data: EMPTY_BLOB,
});

/** The descriptor of bytes at hand. */
export function descriptorOf(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), sizeBytes: bytes.length };
}

/** Throws `shape_invalid`, `digest_invalid`, `bytes_base64` or `oci_descriptor_invalid`. */
export function parseDescriptor(fields: Fields): Descriptor {
  const mediaType = parseMediaType(fields, 'mediaType');
  const digest = parseDigest(fields.string('digest'), `${fields.at}.digest`);
  const sizeBytes = fields.integer('size');
  if (sizeBytes < 0) throw invalid(fields, 'size', `is negative (${sizeBytes})`);
  const artifactType = fields.optionalString('artifactType')
    ? parseMediaType(fields, 'artifactType')
    : undefined;
  const data = parseData(fields, digest, sizeBytes);
  const platform = fields.optionalObject('platform');
  return {
    mediaType,
    digest,
    sizeBytes,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(fields.has('annotations') ? { annotations: fields.stringMap('annotations') } : {}),
    ...(data === undefined ? {} : { data }),
    ...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
  };
}

/** The wire form, fields in the order of the specification. */
export function formatDescriptor(descriptor: Descriptor): { readonly [key: string]: Json } {
  const { data, platform } = descriptor;
  return {
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.sizeBytes,
    ...(descriptor.annotations === undefined ? {} : { annotations: descriptor.annotations }),
    ...(data === undefined ? {} : { data: Buffer.from(data).toString('base64') }),
    ...(platform === undefined ? {} : { platform: { ...platform } }),
    ...(descriptor.artifactType === undefined ? {} : { artifactType: descriptor.artifactType }),
  };
}

/** A media type field of `fields`. Throws `shape_invalid` or `oci_descriptor_invalid`. */
export function parseMediaType(fields: Fields, key: string): string {
  const text = fields.string(key);
  if (!isMediaType(text)) {
    throw invalid(
      fields,
      key,
      `expected a media type (type/subtype), found ${JSON.stringify(text.slice(0, 100))}`,
    );
  }
  return text;
}

// descriptor.md "Embedded Content": readers must be able to take `data` for the content, so it has to be it.
function parseData(fields: Fields, digest: Digest, sizeBytes: number): Uint8Array | undefined {
  const text = fields.optionalString('data');
  if (text === undefined) return undefined;
  const data = fromBase64(text, `${fields.at}.data`);
  if (data.length !== sizeBytes || digestOf(data, algorithmOf(digest)) !== digest) {
    throw invalid(fields, 'data', `is not the content of ${digest} (${sizeBytes} bytes)`);
  }
  return data;
}

function parsePlatform(fields: Fields): Platform {
  const variant = fields.optionalString('variant');
  return {
    os: fields.string('os'),
    architecture: fields.string('architecture'),
    ...(variant === undefined ? {} : { variant }),
  };
}

function invalid(fields: Fields, key: string, why: string): CodedError<'oci_descriptor_invalid'> {
  return new CodedError('oci_descriptor_invalid', `${fields.at}.${key}: ${why}`);
}
