/** The transparency log's formats and proofs. */
import assert from 'node:assert/strict';
import { parseBundle } from '@waybill/core/bundle';
import { publicKeyFrom, verifySignature } from '@waybill/core/crypto';
import { pae } from '@waybill/core/dsse';
import {
  consistencyProof,
  formatEntryBundle,
  formatHashedRekord,
  formatNote,
  formatTile,
  hashChildren,
  hashLeaf,
  inclusionProof,
  type Note,
  noteKey,
  parseCheckpoint,
  parseEntryBundle,
  parseHashedRekord,
  parseNote,
  parseTile,
  requireEntry,
  treeRoot,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
  verifyPrehashed,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '@waybill/core/tlog';
import { parseTrustedRoot } from '@waybill/core/trust';
import { FIXTURES, sharedFiles } from '../fixtures.ts';
import type { Target } from '../target.ts';
import { coded } from './bytes.ts';

const entries = FIXTURES.bundles.flatMap((text) => parseBundle(text).tlogEntries);
const sharedEntries = () =>
  sharedFiles('vectors/sigstore-conformance/bundle-verify/rekor2-*/bundle.sigstore.json', 12).flatMap(
    (bytes) => coded(() => parseBundle(bytes))?.tlogEntries ?? [],
  );
const checkpoints = (): readonly string[] =>
  [...entries, ...sharedEntries()].flatMap((entry) => entry.inclusionProof?.checkpoint ?? []);
const bodies = (): readonly Uint8Array[] =>
  [...entries, ...sharedEntries()].map((entry) => entry.canonicalizedBody);

const log = parseTrustedRoot(FIXTURES.trustedRoot).tlogs[0];
const logKey = noteKey('log.waybill.example', log?.publicKey ?? publicKeyFrom(FIXTURES.bundleKey));

const first = parseHashedRekord(entries[0]?.canonicalizedBody ?? new Uint8Array());
const leafKey = publicKeyFrom(Buffer.from(FIXTURES.leafKey, 'base64'));
const { content } = parseBundle(FIXTURES.bundles[0] ?? '');
const signed =
  content.type === 'dsse' ? pae(content.envelope.payloadType, content.envelope.payload) : new Uint8Array();

/** A claim about a tree in JSON; hashes are base64. What has another type stands for 0 or nothing. */
class Claim {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(input: Uint8Array) {
    const value: unknown = parsed(input);
    this.#fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  }

  number(key: string): number {
    const value = this.#fields[key];
    return typeof value === 'number' ? value : 0;
  }

  hash(key: string): Uint8Array {
    return hashOf(this.#fields[key]);
  }

  hashes(key: string): readonly Uint8Array[] {
    const value = this.#fields[key];
    return Array.isArray(value) ? value.map((item) => hashOf(item)) : [];
  }
}

function hashOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : '', 'base64');
}

function parsed(input: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(input).toString()) as unknown;
  } catch {
    // Numbers that no caller sends: a claim of nothing.
    return null;
  }
}

const LEAVES = Array.from({ length: 23 }, (_, at) => hashLeaf(Buffer.from(`leaf ${at}`)));
const SIZES = [1, 2, 7, 16, 23];

async function inclusionClaims(): Promise<readonly string[]> {
  const claims = SIZES.flatMap((size) => [0, size >> 1, size - 1].map((index) => ({ size, index })));
  return Promise.all(
    claims.map(async ({ size, index }) =>
      asClaim({
        index,
        treeSize: size,
        start: 0,
        end: size,
        leafHash: LEAVES[index],
        rootHash: await treeRoot(size, readNode),
        proof: await inclusionProof({ index, treeSize: size }, readNode),
      }),
    ),
  );
}

async function consistencyClaims(): Promise<readonly string[]> {
  const claims = SIZES.flatMap((size2) => SIZES.map((size1) => ({ size1, size2 }))).filter(
    ({ size1, size2 }) => size1 <= size2,
  );
  return Promise.all(
    claims.map(async ({ size1, size2 }) => {
      const [root1, root2] = [await treeRoot(size1, readNode), await treeRoot(size2, readNode)];
      const proof = await consistencyProof({ size1, size2 }, readNode);
      return asClaim({
        size1,
        size2,
        root1,
        root2,
        proof,
        start: 0,
        end: size1,
        size: size2,
        subtreeRoot: root1,
        rootHash: root2,
      });
    }),
  );
}

const asClaim = (claim: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(claim, (_key, value: unknown) => {
    const bytes = value as { readonly type?: string; readonly data?: readonly number[] } | null;
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    return bytes?.type === 'Buffer' ? Buffer.from(bytes.data ?? []).toString('base64') : value;
  });

/** Node `index` at `height`, of the leaves above. */
function nodeAt(height: number, index: number): Uint8Array {
  if (height === 0) return LEAVES[index] as Uint8Array;
  return hashChildren(nodeAt(height - 1, 2 * index), nodeAt(height - 1, 2 * index + 1));
}

const PROOF_CODES = ['tlog_range_invalid', 'tlog_proof_invalid'];

export const TLOG_TARGETS: readonly Target[] = [
  {
    name: 'core/tlog parseNote',
    covers: ['tlog.parseNote'],
    seeds: checkpoints,
    call: (input) => parseNote(input),
    check: (answer, input) => assert.deepEqual(Buffer.from(formatNote(answer as Note)), Buffer.from(input)),
    codes: ['tlog_note_invalid'],
    costMicros: 30,
  },
  {
    name: 'core/tlog parseCheckpoint',
    covers: ['tlog.parseCheckpoint', 'tlog.verifyCheckpoint'],
    seeds: checkpoints,
    call: (input) => {
      const { checkpoint } = parseCheckpoint(input);
      verifyCheckpoint(input, { origin: 'log.waybill.example', keys: [logKey] });
      return checkpoint;
    },
    // Nothing but what the log signed, whatever stands around it.
    check: (answer) => assert.equal((answer as { size: number }).size, 2),
    codes: ['tlog_note_invalid', 'tlog_checkpoint_invalid', 'tlog_origin_mismatch', 'tlog_signature_invalid'],
    costMicros: 50,
  },
  {
    name: 'core/tlog parseHashedRekord',
    covers: ['tlog.parseHashedRekord'],
    seeds: bodies,
    call: parseHashedRekord,
    check: (answer, input) =>
      assert.deepEqual(
        Buffer.from(formatHashedRekord(answer as ReturnType<typeof parseHashedRekord>)),
        Buffer.from(input),
      ),
    codes: ['tlog_entry_invalid'],
    costMicros: 200,
  },
  {
    name: 'core/tlog tiles and entry bundles',
    covers: ['tlog.parseTile', 'tlog.parseEntryBundle', 'tlog.requireEntry'],
    seeds: () => [
      formatTile(LEAVES.slice(0, 3)),
      formatEntryBundle([Buffer.from('a'), new Uint8Array(), Buffer.alloc(300, 'b')]),
    ],
    call: (input) => {
      requireEntry(input);
      return input.length === 3 * 32 ? parseTile(input, 3) : parseEntryBundle(input, 3);
    },
    check: (answer, input) => {
      const parts = answer as readonly Uint8Array[];
      const again = input.length === 3 * 32 ? formatTile(parts) : formatEntryBundle(parts);
      assert.deepEqual(Buffer.from(again), Buffer.from(input));
    },
    codes: ['tlog_tile_invalid', 'tlog_bundle_invalid', 'tlog_entry_invalid'],
    costMicros: 50,
  },
  {
    name: 'core/tlog verifyInclusion',
    covers: ['tlog.verifyInclusion', 'tlog.verifySubtreeInclusion'],
    seeds: inclusionClaims,
    call: (input) => {
      const claim = new Claim(input);
      const common = {
        index: claim.number('index'),
        leafHash: claim.hash('leafHash'),
        rootHash: claim.hash('rootHash'),
        proof: claim.hashes('proof'),
      };
      verifyInclusion({ ...common, treeSize: claim.number('treeSize') });
      verifySubtreeInclusion({ ...common, start: claim.number('start'), end: claim.number('end') });
      return common;
    },
    codes: PROOF_CODES,
    costMicros: 80,
  },
  {
    name: 'core/tlog verifyConsistency',
    covers: ['tlog.verifyConsistency', 'tlog.verifySubtreeConsistency'],
    seeds: consistencyClaims,
    call: (input) => {
      const claim = new Claim(input);
      const [size1, size2] = [claim.number('size1'), claim.number('size2')];
      const proof = claim.hashes('proof');
      verifyConsistency({ size1, size2, root1: claim.hash('root1'), root2: claim.hash('root2'), proof });
      verifySubtreeConsistency({
        start: claim.number('start'),
        end: claim.number('end'),
        size: claim.number('size'),
        subtreeRoot: claim.hash('subtreeRoot'),
        rootHash: claim.hash('rootHash'),
        proof,
      });
      return size2;
    },
    codes: PROOF_CODES,
    costMicros: 80,
  },
  {
    name: 'core/tlog verifyPrehashed',
    covers: ['tlog.verifyPrehashed'],
    seeds: () => [first.signature],
    call: (input) => verifyPrehashed(leafKey, first.digest, input),
    // OpenSSL, which has the message, gives the same verdict.
    check: (answer, input) => assert.equal(answer, verifySignature(leafKey, signed, input)),
    codes: [],
    costMicros: 120,
  },
];

function readNode(height: number, index: number): Promise<Uint8Array> {
  return Promise.resolve(nodeAt(height, index));
}
