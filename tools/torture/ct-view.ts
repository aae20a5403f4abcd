/** The CT log as a monitor of RFC 6962 §5.3 reads it: every entry, held against the head. */
import assert from 'node:assert/strict';
import { fromBase64, toBase64 } from '@waybill/core/bytes';
import { requireHeads } from './log-heads.ts';
import { readCtHead } from './certificate-load.ts';

export interface CtView {
  readonly entries: readonly Uint8Array[];
  /** Place of each entry, by its base64. */
  readonly places: ReadonlyMap<string, number>;
}

/** From where the earlier reading ended; the root covers what was read then, too. */
export async function readCtLog(url: string, before?: CtView): Promise<CtView> {
  const head = await readCtHead(url);
  const entries = [...(before?.entries ?? [])];
  const places = new Map(before?.places);
  assert.ok(entries.length <= head.treeSize, 'the CT log has shrunk');
  while (entries.length < head.treeSize) {
    for (const entry of await readEntries(url, entries.length, head.treeSize - 1)) {
      const key = toBase64(entry);
      assert.equal(places.get(key), undefined, 'an entry stands twice in the CT log');
      places.set(key, entries.length);
      entries.push(entry);
    }
  }
  requireHeads(entries, [head]);
  return { entries, places };
}

/** RFC 6962 §4.6: as many as the log likes to give. */
async function readEntries(url: string, start: number, end: number): Promise<readonly Uint8Array[]> {
  const response = await fetch(`${url}/ct/v1/get-entries?start=${start}&end=${end}`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const { entries } = JSON.parse(text) as { readonly entries: readonly { readonly leaf_input: string }[] };
  assert.ok(entries.length > 0, 'no entries in an answer');
  return entries.map(({ leaf_input: leaf }) => fromBase64(leaf));
}
