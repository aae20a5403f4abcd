import assert from 'node:assert/strict';
import type { Receipt } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import { parseBundle } from '@waybill/core/bundle';
import { toHex, utf8 } from '@waybill/core/bytes';
import { type Digest, digestOf } from '@waybill/core/digest';
import {
  type Checkpoint,
  consistencyProof,
  EMPTY_EDGE,
  edgeRoot,
  formatTilePath,
  growTree,
  hashLeaf,
  nodesFromTiles,
  noteKey,
  parseCheckpoint,
  parseEntryBundle,
  TILE_WIDTH,
  type TileName,
  type TreeEdge,
  tileWidthAt,
  verifyCheckpoint,
  verifyConsistency,
} from '@waybill/core/tlog';
import { parseTrustedRoot, type TrustedRoot } from '@waybill/core/trust';
import { verifyStatementBundle } from '@waybill/core/verify';

/** The transparency log as somebody has read it: every entry, the tree they make, its signed head. */
export interface LogView {
  readonly head: Checkpoint;
  readonly entries: readonly Uint8Array[];
  readonly edge: TreeEdge;
}

export interface EvidenceReader {
  readonly client: Client;
  /** Who must have signed the attestation. */
  readonly signer: string;
  readonly entries: readonly Uint8Array[];
}

/** Who trusts nothing of a server but a copy of its trusted root from before, and checks all the rest. */
export interface Stranger {
  /** From the start, or on from what was read before: a changed entry, or a head that contradicts the earlier one, throws. */
  readLog(before?: LogView): Promise<LogView>;
  /** The log's head is an honest continuation of the earlier one. */
  assertContinues(earlier: Checkpoint, head: Checkpoint): Promise<void>;
  /** Attestation and verdict of a run verify offline, and their entries stand in the log where they say. */
  verifyEvidence(receipt: Receipt, by: EvidenceReader): Promise<void>;
}

export function stranger(url: string, trustedRootText: string): Stranger {
  const site: Site = { url, trustedRoot: parseTrustedRoot(utf8(trustedRootText)) };
  return {
    readLog: (before) => readLog(site, before),
    assertContinues: (earlier, head) => assertContinues(site, earlier, head),
    verifyEvidence: (receipt, by) => verifyEvidence(site, receipt, by),
  };
}

interface Site {
  readonly url: string;
  readonly trustedRoot: TrustedRoot;
}

async function fetchBytes({ url }: Site, path: string): Promise<Uint8Array> {
  const response = await fetch(`${url}${path}`);
  assert.equal(response.status, 200, `${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

const readTile = (site: Site, tile: TileName): Promise<Uint8Array> =>
  fetchBytes(site, `/api/v2/${formatTilePath(tile)}`);

async function readHead(site: Site): Promise<Checkpoint> {
  const note = await fetchBytes(site, '/api/v2/checkpoint');
  const [log] = site.trustedRoot.tlogs;
  assert.ok(log);
  const { origin } = parseCheckpoint(note).checkpoint;
  const keys = [noteKey(origin, log.publicKey, { keyId: log.checkpointKeyId ?? log.logId })];
  return verifyCheckpoint(note, { origin, keys });
}

async function readLog(site: Site, before?: LogView): Promise<LogView> {
  const head = await readHead(site);
  const known = before?.entries ?? [];
  assert.ok(head.size >= known.length, 'the log has shrunk');
  const fresh: Uint8Array[] = [];
  for (let index = Math.floor(known.length / TILE_WIDTH); index * TILE_WIDTH < head.size; index++) {
    const width = tileWidthAt(head.size, 0, index);
    const bundle = parseEntryBundle(await readTile(site, { type: 'entries', index, width }), width);
    for (const [at, entry] of bundle.entries()) {
      const earlier = known[index * TILE_WIDTH + at];
      if (earlier === undefined) fresh.push(entry);
      else assert.equal(toHex(entry), toHex(earlier), 'an entry has changed');
    }
  }
  // The root over the entries read before and those that are new is the proof that nothing was taken back.
  const { edge } = growTree(before?.edge ?? EMPTY_EDGE, fresh.map(hashLeaf));
  assert.deepEqual(edgeRoot(edge), head.rootHash);
  return { head, entries: [...known, ...fresh], edge };
}

async function assertContinues(site: Site, earlier: Checkpoint, head: Checkpoint): Promise<void> {
  const readNode = nodesFromTiles((at) => readTile(site, { type: 'hashes', ...at }), head.size);
  const sizes = { size1: earlier.size, size2: head.size };
  assert.equal(head.origin, earlier.origin);
  const proof = await consistencyProof(sizes, readNode);
  verifyConsistency({ ...sizes, root1: earlier.rootHash, root2: head.rootHash, proof });
}

async function verifyEvidence(
  { url, trustedRoot }: Site,
  receipt: Receipt,
  { client, signer, entries }: EvidenceReader,
): Promise<void> {
  const { runId, provenance } = receipt;
  const documents = [
    [await client.downloadBundle(runId), receipt.attestation, signer],
    [await client.downloadVerdict(runId), receipt.vsa, `${url}/verifier`],
    ...(provenance === undefined
      ? []
      : [[await client.downloadProvenance(runId), provenance, `${url}/verifier`] as const]),
  ] as const;
  for (const [text, position, subject] of documents) {
    assert.equal(digestOf(utf8(text)), position.bundleDigest);
    const bundle = parseBundle(text);
    const artifact = receipt.subjects[0]?.digest as Digest;
    const expectations = { type: 'identity' as const, issuer: `${url}/oidc`, subject };
    verifyStatementBundle(bundle, { trustedRoot, expectations, artifact });
    const [entry] = bundle.tlogEntries;
    assert.equal(entry?.logIndex, position.log.logIndex);
    assert.equal(toHex(entry.canonicalizedBody), toHex(entries[position.log.logIndex] ?? new Uint8Array()));
  }
}
