import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isCoded } from '../errors.ts';
import { formatEntryBundle, formatTilePath, parseEntryBundle, parseTilePath, tileWidthAt } from './tile.ts';

describe('formatTilePath', () => {
  it('writes the examples of C2SP tlog-tiles', () => {
    assert.equal(
      formatTilePath({ type: 'hashes', level: 0, index: 1_234_067, width: 256 }),
      'tile/0/x001/x234/067',
    );
    assert.equal(formatTilePath({ type: 'hashes', level: 1, index: 0, width: 17 }), 'tile/1/000.p/17');
    assert.equal(formatTilePath({ type: 'entries', index: 1000, width: 256 }), 'tile/entries/x001/000');
  });

  it('is undone by parseTilePath', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), fc.nat(63), (index, width, level) => {
        for (const tile of [
          { type: 'entries', index, width } as const,
          { type: 'hashes', level, index, width } as const,
        ]) {
          assert.deepEqual(parseTilePath(formatTilePath(tile)), tile);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseTilePath', () => {
  it('accepts one spelling only', () => {
    for (const path of [
      'tile/00/000',
      'tile/0/0',
      'tile/0/1000',
      'tile/0/x000/001',
      'tile/0/001.p/256',
      'tile/0/001.p/0',
      'tile/0/001.p/01',
      'tile/64/000',
      'tile/0/001/',
      '/tile/0/001',
      'tile/0/../001',
      'tile/entries/..',
      'tile/0/001\n',
      'tile/0/x001/x234',
      'tile/-1/000',
      'tile/entries/000.p',
      'tile/data/000',
      'tile/0/x999/x999/x999/x999/x999/999',
    ]) {
      assert.throws(() => parseTilePath(path), { code: 'tlog_tile_path_invalid' }, path);
    }
  });

  it('gives a coded error for any text', () => {
    const part = fc.constantFrom('tile', '/', 'entries', 'x001', '001', '.p', '..', '256', '0', '%2e', '\0');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (path) => {
          try {
            parseTilePath(path);
          } catch (error) {
            assert.ok(isCoded(error, 'tlog_tile_path_invalid'));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('parseEntryBundle', () => {
  it('undoes formatEntryBundle', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 }), (entries) => {
        const parsed = parseEntryBundle(formatEntryBundle(entries), entries.length);
        assert.deepEqual(
          parsed.map((entry) => [...entry]),
          entries.map((entry) => [...entry]),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('gives a coded error for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(4), (bytes, width) => {
        try {
          parseEntryBundle(bytes, width);
        } catch (error) {
          assert.ok(isCoded(error, 'tlog_bundle_invalid'));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses an entry over 65,535 bytes', () => {
    assert.throws(() => formatEntryBundle([new Uint8Array(65_536)]), { code: 'tlog_entry_invalid' });
    assert.equal(parseEntryBundle(formatEntryBundle([new Uint8Array(65_535)]), 1)[0]?.length, 65_535);
  });
});

describe('tileWidthAt', () => {
  it('counts the hashes that a tree of a size has in a tile', () => {
    assert.equal(tileWidthAt(257, 0, 0), 256);
    assert.equal(tileWidthAt(257, 0, 1), 1);
    assert.equal(tileWidthAt(257, 1, 0), 1);
    assert.equal(tileWidthAt(257, 0, 2), 0);
    assert.equal(tileWidthAt(2 ** 40, 4, 0), 256);
  });
});
