import { randomBytes } from 'node:crypto';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, isCoded, type Secret } from '@waybill/core';
import { fromBase64 } from '@waybill/core/bytes';
import { sql } from 'kysely';
import type { Db } from '../db/db.ts';
import { createSeal, MASTER_KEY_BYTES, type Seal } from './seal.ts';

export interface MasterKeyOptions {
  readonly dataDir: string;
  /** WAYBILL_MASTER_KEY: base64 of 32 bytes; wins over the file. */
  readonly fromEnvironment: Secret<string> | null;
  readonly db: Db;
}

export const MASTER_KEY_FILE = 'master.key';
const CHECK_PURPOSE = 'ground: check value of the master key';
const CHECK_TEXT = Buffer.from('waybill');

/**
 * The seal under the master key of this database. The key is made on the very first start and never again:
 * a database that holds sealed secrets and meets no key, or another one, is refused
 * (`master_key_missing`, `master_key_invalid`), since a new key would make them unreadable for good.
 */
export async function openMasterKey(options: MasterKeyOptions): Promise<Seal> {
  const stored = await readCheckValue(options.db);
  const key = await findKey(options, stored !== null);
  const seal = createSeal(key);
  assertOpens(seal, stored ?? (await storeCheckValue(options.db, seal)), options);
  return seal;
}

/** The seal under the key that is given or lies in the directory; null without one. No database is asked, nothing made. */
export async function openGivenKey(options: Omit<MasterKeyOptions, 'db'>): Promise<Seal | null> {
  if (options.fromEnvironment !== null)
    return createSeal(decode(options.fromEnvironment.reveal(), 'WAYBILL_MASTER_KEY'));
  const key = await readKeyFile(join(options.dataDir, MASTER_KEY_FILE));
  return key === null ? null : createSeal(key);
}

async function findKey(options: MasterKeyOptions, inUse: boolean): Promise<Uint8Array> {
  if (options.fromEnvironment !== null) return decode(options.fromEnvironment.reveal(), 'WAYBILL_MASTER_KEY');
  const file = join(options.dataDir, MASTER_KEY_FILE);
  const known = await readKeyFile(file);
  if (known !== null) return known;
  if (inUse) {
    throw new CodedError(
      'master_key_missing',
      `the database holds secrets sealed under a master key, but ${file} does not exist: put it back (mode 0600), or give the key in WAYBILL_MASTER_KEY. No new key is made, as it could not open them`,
    );
  }
  return createKeyFile(options.dataDir, file);
}

async function readKeyFile(file: string): Promise<Uint8Array | null> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      throw new CodedError(
        'master_key_invalid',
        `${file} can be read by other users: run \`chmod 600 ${file}\`, and if one of them may have done so, see the key as lost`,
      );
    }
    return decode((await readFile(file, 'utf8')).trim(), file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Durable before it is used: a key lost in a power cut would take every secret with it. */
async function createKeyFile(dataDir: string, file: string): Promise<Uint8Array> {
  const key = randomBytes(MASTER_KEY_BYTES);
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${key.toString('base64')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // Unlike a rename, a link never replaces the key of somebody who was faster.
    await link(draft, file);
  } finally {
    await unlink(draft);
  }
  const directory = await open(dataDir, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
  return key;
}

function decode(text: string, from: string): Uint8Array {
  const expected = `expected ${MASTER_KEY_BYTES} random bytes in base64, as \`openssl rand -base64 ${MASTER_KEY_BYTES}\` makes them`;
  let key: Uint8Array;
  try {
    key = fromBase64(text, from);
  } catch (error) {
    if (!isCoded(error, 'bytes_base64')) throw error;
    throw new CodedError('master_key_invalid', `${from}: ${expected}`);
  }
  if (key.length === MASTER_KEY_BYTES) return key;
  throw new CodedError('master_key_invalid', `${from}: ${expected}, found ${key.length} bytes`);
}

function assertOpens(seal: Seal, check: Uint8Array, options: MasterKeyOptions): void {
  try {
    if (CHECK_TEXT.equals(seal.open(check, CHECK_PURPOSE))) return;
  } catch (error) {
    if (!isCoded(error, 'seal_broken')) throw error;
  }
  const from =
    options.fromEnvironment === null ? join(options.dataDir, MASTER_KEY_FILE) : 'WAYBILL_MASTER_KEY';
  throw new CodedError(
    'master_key_invalid',
    `${from} is not the master key of this database: give the key under which its secrets were sealed`,
  );
}

async function readCheckValue(db: Db): Promise<Uint8Array | null> {
  const { rows } = await db.asSystem((tx) =>
    sql<{ check_value: Buffer }>`select check_value from ground_seal`.execute(tx),
  );
  return rows[0]?.check_value ?? null;
}

/** Whoever comes first decides; the others must hold the same key. */
async function storeCheckValue(db: Db, seal: Seal): Promise<Uint8Array> {
  const value = Buffer.from(seal.seal(CHECK_TEXT, CHECK_PURPOSE));
  await db.asSystem((tx) =>
    sql`insert into ground_seal (check_value) values (${value}) on conflict do nothing`.execute(tx),
  );
  return (await readCheckValue(db)) ?? value;
}
