import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Json, utf8 } from '../bytes/index.ts';
import { digestOf } from '../digest/index.ts';
import { CodedError } from '../errors.ts';
import {
  artifactManifest,
  artifactTypeOf,
  descriptorOf,
  EMPTY_DESCRIPTOR,
  formatManifest,
  formatReference,
  isRepository,
  isTag,
  MAX_MANIFEST_BYTES,
  type Manifest,
  MEDIA_TYPE,
  parseManifest,
  parseReference,
  parseTagOrDigest,
  requiredContent,
} from './index.ts';

const someDigest = digestOf(utf8('some'));
const code = (expected: string) => (error: unknown) => error instanceof CodedError && error.code === expected;
const json = (value: Json) => utf8(JSON.stringify(value));
const layer = descriptorOf(utf8('layer'), 'application/vnd.example.layer');

function onlyCoded(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof CodedError) return true;
    throw error;
  }
}

describe('parseReference', () => {
  it('reads host, repository, tag and digest', () => {
    assert.deepEqual(parseReference(`127.0.0.1:7070/default/demo/cli:1.0@${someDigest}`), {
      registry: '127.0.0.1:7070',
      repository: 'default/demo/cli',
      tag: '1.0',
      digest: someDigest,
    });
    assert.equal(parseReference('localhost/a:b').registry, 'localhost');
    assert.equal(parseReference('[::1]:5000/a/b:t').registry, '[::1]:5000');
  });

  it('completes nothing: no public host, no latest', () => {
    for (const text of ['nginx:1', 'library/nginx:1', 'registry.example.org/app', '', ':', '@', '/', 'a']) {
      assert.throws(() => parseReference(text), code('oci_reference_invalid'), text);
    }
  });

  it('refuses path traversal, upper case, escapes and wrong digests', () => {
    for (const rest of [
      '../x:t',
      'a/../b:t',
      'a//b:t',
      'a/:t',
      'A/b:t',
      'a%2fb:t',
      'a\\b:t',
      'a/.:t',
      'a/b:..',
      'a/b:-t',
      'a/b@sha256:00',
      `a/b@${someDigest.toUpperCase()}`,
      `a/b@${someDigest}@${someDigest}`,
      'a b:t',
      'a\u0000:t',
    ]) {
      assert.throws(() => parseReference(`localhost:1/${rest}`), code('oci_reference_invalid'), rest);
    }
    for (const host of ['user@localhost', 'local_host.x', '-a.b', 'localhost:123456', 'http://a.b', '[::1']) {
      assert.throws(() => parseReference(`${host}/a:t`), code('oci_reference_invalid'), host);
    }
  });

  it('reads back what formatReference writes', () => {
    const component = fc.stringMatching(/^[a-z0-9]{1,5}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
    const reference = fc.record(
      {
        registry: fc.constantFrom('localhost', 'localhost:7070', 'a.example', '10.0.0.1:5000', '[::1]:80'),
        repository: fc.array(component, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/')),
        tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
        digest: fc.constant(someDigest),
      },
      { requiredKeys: ['registry', 'repository', 'tag'] },
    );
    fc.assert(
      fc.property(reference, (r) => assert.deepEqual(parseReference(formatReference(r)), { ...r })),
      { numRuns: 1000 },
    );
  });

  it('gives a coded error for any text', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z./:@_-]{0,40}$/));
    fc.assert(
      fc.property(text, (t) => onlyCoded(() => parseReference(t)) && onlyCoded(() => parseTagOrDigest(t))),
      {
        numRuns: 2000,
      },
    );
  });
});

describe('isRepository, isTag', () => {
  it('follow the patterns of distribution-spec', () => {
    for (const name of ['a', 'a/b/c', 'a.b', 'a_b', 'a__b', 'a---b', '0/1'])
      assert.ok(isRepository(name), name);
    for (const name of ['', '/', 'a/', '/a', 'a..b', 'a___b', '.a', 'a.', '_a', 'A', 'a/..', 'a\n']) {
      assert.ok(!isRepository(name), name);
    }
    for (const tag of ['a', '_', 'v1.2.3', 'A-b', 'x'.repeat(128)]) assert.ok(isTag(tag), tag);
    for (const tag of ['', '.a', '-a', 'a/b', 'a:b', 'x'.repeat(129), 'a\n']) assert.ok(!isTag(tag), tag);
  });

  it('answer at once for long hostile names', () => {
    const before = performance.now();
    assert.ok(!isRepository(`${'a-'.repeat(100_000)}!`));
    assert.ok(!isRepository(`${'a'.repeat(220)}!`));
    assert.ok(!isRepository(`${'a-'.repeat(110)}!`));
    assert.ok(performance.now() - before < 200);
  });
});

describe('parseManifest', () => {
  const image = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.imageManifest,
    config: { mediaType: MEDIA_TYPE.empty, digest: EMPTY_DESCRIPTOR.digest, size: 2, data: 'e30=' },
    layers: [],
  };

  it('reads back what formatManifest writes', () => {
    const manifests: Manifest[] = [
      artifactManifest({ artifactType: 'application/vnd.example', layers: [] }),
      artifactManifest({
        artifactType: 'application/vnd.example',
        layers: [{ ...layer, annotations: { 'org.opencontainers.image.title': 'a b' } }],
        subject: descriptorOf(utf8('subject'), MEDIA_TYPE.imageManifest),
        annotations: { k: 'v' },
      }),
      {
        type: 'index',
        mediaType: MEDIA_TYPE.imageIndex,
        manifests: [
          {
            ...descriptorOf(utf8('m'), MEDIA_TYPE.imageManifest),
            artifactType: 'application/vnd.example',
            platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
          },
        ],
      },
    ];
    for (const manifest of manifests) {
      assert.deepEqual(normal(parseManifest(formatManifest(manifest), manifest.mediaType)), normal(manifest));
    }
  });

  it('takes Docker manifests and documents without a mediaType', () => {
    assert.equal(parseManifest(json({ ...image, mediaType: MEDIA_TYPE.dockerManifest })).type, 'image');
    const { mediaType: _, ...bare } = image;
    assert.equal(parseManifest(json(bare)).mediaType, MEDIA_TYPE.imageManifest);
    assert.equal(parseManifest(json({ schemaVersion: 2, manifests: [] })).mediaType, MEDIA_TYPE.imageIndex);
  });

  it('refuses a type that disagrees with the header, and two documents in one', () => {
    assert.throws(() => parseManifest(json(image), MEDIA_TYPE.imageIndex), code('oci_manifest_invalid'));
    assert.throws(() => parseManifest(json({ ...image, manifests: [] })), code('oci_manifest_invalid'));
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.imageIndex, manifests: [], layers: [] };
    assert.throws(() => parseManifest(json(index)), code('oci_manifest_invalid'));
    assert.throws(
      () => parseManifest(json({ ...image, mediaType: 'text/plain' })),
      code('oci_media_type_unsupported'),
    );
    assert.throws(() => parseManifest(json({ ...image, schemaVersion: 1 })), code('oci_manifest_invalid'));
  });

  it('refuses wrong sizes, wrong digests and data that is not the content', () => {
    const config = (change: Record<string, Json>) =>
      json({ ...image, config: { ...image.config, ...change } });
    assert.throws(() => parseManifest(config({ size: -1 })), code('oci_descriptor_invalid'));
    assert.throws(() => parseManifest(config({ size: 1.5 })), code('shape_invalid'));
    assert.throws(() => parseManifest(config({ digest: 'md5:00' })), code('digest_invalid'));
    assert.throws(() => parseManifest(config({ data: 'e3s=' })), code('oci_descriptor_invalid'));
    assert.throws(() => parseManifest(config({ mediaType: 'nothing' })), code('oci_descriptor_invalid'));
  });

  it('is bounded to 4 MiB', () => {
    assert.throws(
      () => parseManifest(new Uint8Array(MAX_MANIFEST_BYTES + 1)),
      code('oci_manifest_too_large'),
    );
  });

  it('gives a coded error for any bytes and any mutation of a manifest', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => onlyCoded(() => parseManifest(bytes))),
      {
        numRuns: 500,
      },
    );
    const key = fc.constantFrom(
      'schemaVersion',
      'mediaType',
      'artifactType',
      'config',
      'layers',
      'manifests',
      'subject',
      'annotations',
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constant(image.config),
      fc.constant([image.config]),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 3 }), (changes) =>
        onlyCoded(() => parseManifest(json({ ...image, ...(Object.fromEntries(changes) as object) }))),
      ),
      { numRuns: 1500 },
    );
  });
});

describe('artifactTypeOf, requiredContent', () => {
  it('falls back to the type of the config for an image, to nothing for an index', () => {
    const artifact = artifactManifest({ artifactType: 'a/b', layers: [layer] });
    assert.equal(artifactTypeOf(artifact), 'a/b');
    const { artifactType: _, ...plain } = artifact;
    assert.equal(artifactTypeOf(plain), MEDIA_TYPE.empty);
    assert.equal(
      artifactTypeOf({ type: 'index', mediaType: MEDIA_TYPE.imageIndex, manifests: [] }),
      undefined,
    );
  });

  it('leaves out the subject and layers that are kept elsewhere by licence', () => {
    const foreign = descriptorOf(utf8('w'), 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
    const manifest = artifactManifest({ artifactType: 'a/b', layers: [layer, foreign], subject: layer });
    assert.deepEqual(
      requiredContent(manifest).map((item) => item.digest),
      [EMPTY_DESCRIPTOR.digest, layer.digest],
    );
  });
});

function normal(manifest: Manifest): unknown {
  return JSON.parse(Buffer.from(formatManifest(manifest)).toString());
}
