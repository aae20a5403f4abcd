/** Encodings, digests, names. */
import assert from 'node:assert/strict';
import {
  canonicalJson,
  explainLookAlike,
  fromBase64,
  fromHex,
  fromUtf8,
  type Json,
  matchesPattern,
  nearest,
  normalizeName,
  parseJson,
  toBase64,
  toBase64Url,
  toHex,
} from '@waybill/core/bytes';
import { isDigest, parseDigest } from '@waybill/core/digest';
import { parseKind } from '@waybill/core/material';
import {
  formatReference,
  isRegistry,
  isRepository,
  isTag,
  parseReference,
  parseRepository,
  parseTag,
  parseTagOrDigest,
} from '@waybill/core/oci';
import { formatTilePath, parseTilePath } from '@waybill/core/tlog';
import { FIXTURES, sharedFiles } from '../fixtures.ts';
import { JSON_CODES, type Target, textOf } from '../target.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const DIGESTS = [DIGEST, `sha384:${'0'.repeat(96)}`, `sha512:${'f'.repeat(128)}`, 'sha256:', 'md5:00'];
const REFERENCES = [
  `registry.example:5000/demo/app:v1@${DIGEST}`,
  'localhost/demo/app:latest',
  '[::1]:5000/a/b:1',
  `127.0.0.1:7070/a__b/c-d@${DIGEST}`,
];

export const BYTES_TARGETS: readonly Target[] = [
  {
    name: 'core/bytes parseJson',
    covers: ['bytes.parseJson', 'bytes.isStorable'],
    seeds: () => [
      ...sharedFiles('vectors/chainloop/materials/*.json', 8),
      '{"a":[1,2.5,-0,1e3,true,null,"\\u00e9\\ud83d\\ude00"],"b":{"":{}}}',
      '[[],{},""]',
      ' "a" ',
    ],
    call: (input) => {
      const value = parseJson(input);
      return { value, storable: storableOr(input) };
    },
    check: (answer) => {
      const { value } = answer as { value: Json };
      // As text, since JSON.stringify writes -0 as 0.
      assert.equal(JSON.stringify(parseJson(JSON.stringify(value))), JSON.stringify(value));
    },
    codes: JSON_CODES,
    costMicros: 120,
  },
  {
    name: 'core/bytes canonicalJson',
    covers: ['bytes.canonicalJson'],
    seeds: () => [
      ...sharedFiles('vectors/chainloop/predicates/*.json', 6),
      '{"b":1,"a":{"é":[1e21,1e-7,0.1]},"\\u20ac":"\\u0007"}',
    ],
    call: (input) => canonicalJson(parseJson(input)),
    check: (answer) => {
      const text = answer as string;
      assert.equal(canonicalJson(parseJson(text)), text);
    },
    codes: JSON_CODES,
    costMicros: 120,
  },
  {
    name: 'core/bytes encodings',
    covers: ['bytes.fromBase64', 'bytes.fromHex', 'bytes.fromUtf8'],
    seeds: () => ['AA==', 'SGVsbG8', 'aGVsbG8gd29ybGQ=', '-_-_', 'deadBEEF', '00', 'é𝕊'],
    call: (input) => {
      const text = fromUtf8(input);
      return { text, hex: coded(() => fromHex(text)), base64: coded(() => fromBase64(text)) };
    },
    check: (answer, input) => {
      const { text, hex, base64 } = answer as {
        text: string;
        hex: Uint8Array | null;
        base64: Uint8Array | null;
      };
      assert.deepEqual(Buffer.from(text), Buffer.from(input));
      if (hex !== null) assert.equal(toHex(hex), text.toLowerCase());
      if (base64 === null) return;
      assert.deepEqual(fromBase64(toBase64(base64)), base64);
      assert.deepEqual(fromBase64(toBase64Url(base64)), base64);
    },
    codes: ['bytes_utf8'],
    costMicros: 50,
  },
  {
    name: 'core/bytes spelling',
    covers: [
      'bytes.matchesPattern',
      'bytes.explainLookAlike',
      'bytes.nearest',
      'bytes.normalizeName',
      'material.parseKind',
    ],
    seeds: () => [
      'JUNIT_XML',
      'СONTAINER_IMAGE',
      'sbom cyclonedx json',
      '*a*b*\nxaxb',
      'default/*/build\ndefault/demo/build',
    ],
    call: (input) => {
      const text = textOf(input);
      const [pattern = '', ...rest] = text.split('\n');
      return {
        matches: matchesPattern(pattern, rest.join('\n')),
        why: explainLookAlike(text),
        near: nearest(text, ['alpha', 'beta']),
        name: normalizeName(text),
        kind: parseKind(text),
      };
    },
    codes: ['material_kind_unknown'],
    costMicros: 500,
  },
  {
    name: 'core/digest parseDigest',
    covers: ['digest.parseDigest', 'digest.isDigest'],
    seeds: () => DIGESTS,
    call: (input) => parseDigest(textOf(input)),
    check: (answer) =>
      assert.ok(isDigest(answer as string) && /^sha\d{3}:[0-9a-f]{64,128}$/.test(answer as string)),
    codes: ['digest_invalid'],
    costMicros: 20,
  },
  {
    name: 'core/oci references',
    covers: ['oci.parseReference', 'oci.isRegistry', 'oci.isRepository', 'oci.isTag'],
    seeds: () => REFERENCES,
    call: (input) => {
      const text = textOf(input);
      return {
        text,
        registry: isRegistry(text),
        name: isRepository(text),
        tag: isTag(text),
        reference: parseReference(text),
      };
    },
    check: (answer) => {
      const { text, reference } = answer as { text: string; reference: ReturnType<typeof parseReference> };
      assert.equal(formatReference(reference), text);
    },
    codes: ['oci_reference_invalid'],
    costMicros: 30,
  },
  {
    name: 'core/oci names',
    covers: ['oci.parseRepository', 'oci.parseTag', 'oci.parseTagOrDigest'],
    seeds: () => ['demo/app', 'a__b/c.d/e-f', 'v1.0', 'latest', ...DIGESTS],
    call: (input) => {
      const text = textOf(input);
      return [coded(() => parseRepository(text)), coded(() => parseTag(text)), parseTagOrDigest(text)];
    },
    codes: ['oci_tag_invalid', 'digest_invalid'],
    costMicros: 30,
  },
  {
    name: 'core/tlog parseTilePath',
    covers: ['tlog.parseTilePath'],
    seeds: () => [
      'tile/0/x001/234.p/17',
      'tile/entries/067',
      'tile/63/000',
      'tile/1/x001/x002/x003/x004/x005/006.p/255',
    ],
    call: (input) => parseTilePath(textOf(input)),
    check: (answer, input) =>
      assert.equal(formatTilePath(answer as ReturnType<typeof parseTilePath>), textOf(input)),
    codes: ['tlog_tile_path_invalid'],
    costMicros: 20,
  },
  {
    name: 'core/bytes storable JSON',
    seeds: () => [FIXTURES.signingRequest, '{"a":"\\u00e9","b":["\\ud83d\\ude00"]}'],
    call: (input) =>
      parseJson(textOf(input), 'JSON', { storable: true, maxDepth: 8, maxBytes: 100_000, maxValues: 500 }),
    check: (answer) =>
      assert.doesNotMatch(JSON.stringify(answer).replaceAll('\\\\', ''), /\\u0000|\\ud[89a-f]/),
    codes: JSON_CODES,
    costMicros: 80,
  },
];

function storableOr(input: Uint8Array): boolean {
  return coded(() => parseJson(input, 'JSON', { storable: true })) !== null;
}

/** null for a refusal; what is no refusal goes on. */
export function coded<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'detail' in error) return null;
    throw error;
  }
}
