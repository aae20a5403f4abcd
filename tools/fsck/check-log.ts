/** Everything that can be known of one log from its files, its rows and its keys. */
import { FileFault, type LogFiles, TILE_WIDTH } from './files.ts';
import { faultOfRow, type IndexRow, type LogKind } from './index-row.ts';
import { leafHashOf, Tree } from './merkle.ts';
import { faultOfNote, type Head, parseNote, type Signer } from './note.ts';

export interface LogRecord extends Head {
  readonly origin: string;
  readonly kind: LogKind;
  readonly checkpoint: string;
}

export interface Sources {
  readonly files: LogFiles;
  readonly signers: readonly Signer[];
  /** Rows of the index from `from` on and before `to`, by their place. */
  readRows(from: number, to: number): Promise<ReadonlyMap<number, IndexRow>>;
  /** How many rows the index has for this log. */
  countRows(): Promise<number>;
}

export type Report = (finding: string) => void;

/** Reads the whole log once, in the order of its entries; memory holds one bundle and a hash per 256 entries. */
export async function checkLog(log: LogRecord, sources: Sources, report: Report): Promise<void> {
  checkSigned(log.checkpoint, { log, sources, report, what: 'the checkpoint in the database' });
  const stated = parseNote(log.checkpoint);
  if (stated.size !== log.size || !stated.root.equals(log.root))
    report('the row and its own checkpoint name different trees');
  const published = await publishedHead(log, sources, report);
  const walk = new Walk(log, sources, report);
  await walk.entries(published);
  await walk.upperTiles();
  const rows = await sources.countRows();
  // A server that is at work may have added some meanwhile.
  if (rows < log.size) report(`the index has ${rows} rows for ${log.size} entries`);
}

function checkSigned(
  note: string,
  at: { readonly log: LogRecord; readonly sources: Sources; readonly report: Report; readonly what: string },
): void {
  const fault = faultOfNote(note, at.log.origin, at.sources.signers);
  if (fault !== null) at.report(`${at.what}: ${fault}`);
}

/** What the world sees: at most what the database holds, as a crash may have come between. */
async function publishedHead(log: LogRecord, sources: Sources, report: Report): Promise<Head | null> {
  const note = await sources.files.readCheckpoint();
  if (note === null) {
    report('no checkpoint is published');
    return null;
  }
  checkSigned(note, { log, sources, report, what: 'the published checkpoint' });
  const head = parseNote(note);
  if (head.size <= log.size) return head;
  report(`it has published a checkpoint of ${head.size} entries, and the database knows ${log.size}`);
  return null;
}

class Walk {
  readonly #log: LogRecord;
  readonly #sources: Sources;
  readonly #report: Report;
  /** Roots of full tiles, which are the hashes of the level above. */
  #full: Buffer[] = [];

  constructor(log: LogRecord, sources: Sources, report: Report) {
    this.#log = log;
    this.#sources = sources;
    this.#report = report;
  }

  /** Bundles, level 0 and index, and the roots that were signed. */
  async entries(published: Head | null): Promise<void> {
    const { size, root } = this.#log;
    const tree = new Tree();
    const compare = (head: Head, what: string): void => {
      if (tree.size === head.size && !tree.root().equals(head.root))
        this.#report(`${what} names another root than the ${head.size} stored entries have`);
    };
    if (published !== null) compare(published, 'the published checkpoint');
    for (let index = 0; index * TILE_WIDTH < size; index++) {
      const hashes = await this.#bundle(index, Math.min(TILE_WIDTH, size - index * TILE_WIDTH));
      // Without its entries nothing can be said of the roots above them.
      if (hashes === null) return;
      for (const hash of hashes) {
        tree.add(hash);
        if (published !== null) compare(published, 'the published checkpoint');
      }
      if (hashes.length === TILE_WIDTH) this.#full.push(rootOf(hashes));
    }
    compare({ size, root }, 'the database');
  }

  /** Tiles over tiles, out of the hashes that the entries gave. */
  async upperTiles(): Promise<void> {
    for (let level = 1; this.#full.length > 0; level++) {
      const hashes = this.#full;
      this.#full = [];
      for (let start = 0; start < hashes.length; start += TILE_WIDTH) {
        const own = hashes.slice(start, start + TILE_WIDTH);
        await this.#tile(level, start / TILE_WIDTH, own);
        if (own.length === TILE_WIDTH) this.#full.push(rootOf(own));
      }
    }
  }

  async #bundle(index: number, width: number): Promise<readonly Buffer[] | null> {
    const entries = await this.#unlessFault(() => this.#sources.files.readEntries(index, width));
    if (entries === null) return null;
    const hashes = entries.map((entry) => leafHashOf(entry));
    await this.#tile(0, index, hashes);
    await this.#rows(index * TILE_WIDTH, entries, hashes);
    return hashes;
  }

  async #tile(level: number, index: number, expected: readonly Buffer[]): Promise<void> {
    const found = await this.#unlessFault(() =>
      this.#sources.files.readHashes(level, index, expected.length),
    );
    const wrong = found?.findIndex((hash, at) => !hash.equals(expected[at] ?? Buffer.alloc(0))) ?? -1;
    if (wrong !== -1)
      this.#report(`tile ${index} of level ${level} has another hash at ${wrong} than the entries`);
  }

  async #rows(start: number, entries: readonly Buffer[], hashes: readonly Buffer[]): Promise<void> {
    const rows = await this.#sources.readRows(start, start + entries.length);
    for (const [offset, entry] of entries.entries()) {
      const at = start + offset;
      const row = rows.get(at);
      if (row === undefined) this.#report(`entry ${at} is not in the index`);
      else if (!row.leaf_hash.equals(hashes[offset] ?? Buffer.alloc(0)))
        this.#report(`entry ${at}: the index has the leaf hash of something else`);
      else if (at > 0) {
        const fault = faultOfRow(this.#log.kind, entry, row);
        if (fault !== null) this.#report(`entry ${at}: ${fault}`);
      }
    }
  }

  async #unlessFault<T>(read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      this.#report(error.message);
      return null;
    }
  }
}

function rootOf(hashes: readonly Buffer[]): Buffer {
  const tree = new Tree();
  for (const hash of hashes) tree.add(hash);
  return tree.root();
}
