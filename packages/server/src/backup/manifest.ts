import { isCoded } from '@waybill/core';
import { Fields, parseJson, quoted } from '@waybill/core/bytes';
import type { IdCounter, Migration, TableShape } from '../ground/index.ts';
import { backupError } from './errors.ts';

/** What a backup is of; `waybill-backup.json` in its directory. */
export interface Manifest {
  readonly format: 1;
  readonly version: string;
  readonly createdAt: string;
  /** True: the server it was taken from has been made to end its logs, which may go on from here, once. */
  readonly moved: boolean;
  readonly migrations: readonly Pick<Migration, 'number' | 'name' | 'sha256'>[];
  /** In the order in which they can be loaded. */
  readonly tables: readonly TableShape[];
  readonly counters: readonly IdCounter[];
  readonly logs: readonly { readonly origin: string; readonly kind: string; readonly size: number }[];
}

export const MANIFEST_FILE = 'waybill-backup.json';

export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Throws `backup_invalid`, `backup_newer`. */
export function parseManifest(bytes: Uint8Array): Manifest {
  try {
    const fields = new Fields(parseJson(bytes, MANIFEST_FILE), MANIFEST_FILE);
    const format = fields.integer('format');
    if (format !== 1) {
      throw backupError(
        'backup_newer',
        `the backup has format ${format}, this program knows 1: restore it with the version that made it (${quoted(fields.string('version'))}) or a later one`,
      );
    }
    return {
      format,
      version: fields.string('version'),
      createdAt: fields.string('createdAt'),
      moved: fields.boolean('moved'),
      migrations: fields.objects('migrations').map((row) => ({
        number: row.integer('number'),
        name: row.string('name'),
        sha256: row.string('sha256'),
      })),
      tables: fields
        .objects('tables')
        .map((row) => ({ name: row.string('name'), columns: row.strings('columns') })),
      counters: fields.objects('counters').map((row) => ({
        table: row.string('table'),
        column: row.string('column'),
        value: row.integer('value'),
      })),
      logs: fields.objects('logs').map((row) => ({
        origin: row.string('origin'),
        kind: row.string('kind'),
        size: row.integer('size'),
      })),
    };
  } catch (cause) {
    if (!isCoded(cause) || cause.code === 'backup_newer') throw cause;
    throw backupError('backup_invalid', `${MANIFEST_FILE} is damaged (${cause.message})`, { cause });
  }
}

/** The migrations that made the database of the backup. Throws `backup_newer`. */
export function migrationsOf(manifest: Manifest, known: readonly Migration[]): readonly Migration[] {
  return manifest.migrations.map(({ number, name, sha256 }) => {
    const found = known.find((migration) => migration.number === number);
    if (found?.sha256 === sha256) return found;
    throw backupError(
      'backup_newer',
      `the backup was made by Waybill ${manifest.version}, whose migration ${name} this program ${found ? 'has with other contents' : 'does not know'}: restore it with that version or a later one`,
    );
  });
}
