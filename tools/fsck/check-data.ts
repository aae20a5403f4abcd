/** Every log of a server's data. */
import { join } from 'node:path';
import type { Seal } from '@waybill/server/ground';
import { rowsOf } from '@waybill/testkit';
import { checkLog, type LogRecord } from './check-log.ts';
import { logFiles } from './files.ts';
import type { IndexRow } from './index-row.ts';
import { signersOf } from './note.ts';

type Connection = Parameters<typeof rowsOf>[0];

export interface Data {
  readonly connection: Connection;
  readonly blobsDir: string;
  readonly seal: Seal;
}

export interface CheckedLog {
  readonly origin: string;
  readonly size: number;
  readonly frozen: boolean;
  readonly findings: readonly string[];
}

interface LogRow {
  readonly origin: string;
  readonly kind: LogRecord['kind'];
  readonly sealed_keys: Buffer;
  readonly size: string;
  readonly root_hash: Buffer;
  readonly checkpoint: string;
  readonly frozen_at: Date | null;
}

/** More findings of one log than anybody reads. */
const MAX_FINDINGS = 100;
/** How many rows are asked for at once. */
const ROWS_AT_ONCE = 65_536;

export async function checkData(data: Data): Promise<readonly CheckedLog[]> {
  const logs = await rowsOf<LogRow>(data.connection, 'select * from tlog_logs order by created_at, origin');
  const checked: CheckedLog[] = [];
  for (const log of logs) checked.push(await checkOne(data, log));
  return checked;
}

async function checkOne({ connection, blobsDir, seal }: Data, row: LogRow): Promise<CheckedLog> {
  const { origin, kind, checkpoint } = row;
  const size = Number(row.size);
  const findings: string[] = [];
  const sealed = seal.open(row.sealed_keys, `tlog:${origin}`);
  const secrets = JSON.parse(Buffer.from(sealed).toString()) as Record<string, string>;
  const sources = {
    files: logFiles(join(blobsDir, 'tlog', origin)),
    signers: signersOf(origin, secrets),
    readRows: rowReader(connection, origin),
    countRows: async () => {
      const text = 'select count(*)::int as n from tlog_entries where origin = $1';
      return (await rowsOf<{ n: number }>(connection, text, [origin]))[0]?.n ?? 0;
    },
  };
  await checkLog({ origin, kind, size, root: row.root_hash, checkpoint }, sources, (finding) => {
    if (findings.length < MAX_FINDINGS) findings.push(finding);
  });
  return { origin, size, frozen: row.frozen_at !== null, findings };
}

/** Asks for many rows at once, as the walk wants them in order. */
function rowReader(connection: Connection, origin: string) {
  let chunk = -1;
  let rows: ReadonlyMap<number, IndexRow> = new Map();
  return async (from: number): Promise<ReadonlyMap<number, IndexRow>> => {
    const wanted = Math.floor(from / ROWS_AT_ONCE);
    if (wanted === chunk) return rows;
    const found = await rowsOf<IndexRow & { readonly log_index: string }>(
      connection,
      `select log_index, leaf_hash, artifact_digest, signer, issuer, certificate_fingerprint
       from tlog_entries where origin = $1 and log_index >= $2 and log_index < $3`,
      [origin, wanted * ROWS_AT_ONCE, (wanted + 1) * ROWS_AT_ONCE],
    );
    chunk = wanted;
    rows = new Map(found.map((row) => [Number(row.log_index), row]));
    return rows;
  };
}
