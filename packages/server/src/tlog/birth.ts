/** How a log comes into the world: its name, its keys, its first entry. All three stay for good. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { concat, utf8 } from '@waybill/core/bytes';
import { sha256, signWith, spkiOf } from '@waybill/core/crypto';
import { EMPTY_ROOT, formatHashedRekord, keyDetailsOf } from '@waybill/core/tlog';
import { buildRootCertificate, serialFrom } from '@waybill/core/x509';
import type { TlogDeps } from './deps.ts';
import { tlogError } from './errors.ts';
import { generateKeys, type LogSigner, logSigner, sealKeys } from './log-keys.ts';
import { insertLog, type LogRow, selectLogs } from './queries.ts';
import type { LogKind } from './receipt.ts';

const PREFIX: Readonly<Record<LogKind, string>> = { rekor: 'log', ct: 'ct' };

/**
 * `log2026.<host>`; on an address or localhost, which name no log in the world, `log2026-<instance>.waybill.internal`.
 * The successor of a frozen log is `log2026-<instance>.<host>`: a number would come again after a second restore.
 * Sigstore wants the name of a log to be a hostname; it need not resolve. Throws `tlog_name_invalid`.
 */
export function nameLog(input: {
  readonly kind: LogKind;
  readonly publicUrl: string;
  readonly instanceId: string;
  readonly year: number;
  readonly isSuccessor?: boolean;
}): string {
  const host = new URL(input.publicUrl).hostname.toLowerCase();
  const prefix = `${PREFIX[input.kind]}${input.year}`;
  const bare =
    isIP(host.replaceAll(/[[\]]/g, '')) !== 0 || host === 'localhost' || host.endsWith('.localhost');
  const own = bare || input.isSuccessor ? `${prefix}-${input.instanceId}` : prefix;
  const origin = `${own}.${bare ? 'waybill.internal' : host}`;
  const labels = origin.split('.');
  if (origin.length <= 253 && labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)))
    return origin;
  throw tlogError(
    'tlog_name_invalid',
    `${origin} cannot name a log: expected a host of letters, digits and hyphens in ${input.publicUrl}, and the same of the instance id`,
  );
}

/** The logs of this kind, made when none takes entries: that one, and the frozen ones before it. */
export async function findOrCreateLog(
  deps: TlogDeps,
  kind: LogKind,
): Promise<{ readonly active: LogRow; readonly frozen: readonly LogRow[] }> {
  const ofKind = (rows: readonly LogRow[]) => ({
    active: rows.find((row) => row.kind === kind && row.frozenAt === null),
    frozen: rows.filter((row) => row.kind === kind && row.frozenAt !== null),
  });
  let { active, frozen } = ofKind(await deps.db.asSystem(selectLogs));
  if (active) return { active, frozen };
  const born = newLog(deps, kind, frozen.length > 0);
  ({ active, frozen } = await deps.db.asSystem(async (tx) => {
    await insertLog(tx, born);
    // Two first starts at the same moment: one row wins, both read it.
    return ofKind(await selectLogs(tx));
  }));
  if (active) return { active, frozen };
  throw tlogError('tlog_name_invalid', `the log ${born.origin} is frozen: a new log needs another name`);
}

function newLog(deps: TlogDeps, kind: LogKind, isSuccessor: boolean): LogRow {
  const createdAt = deps.clock();
  const origin = nameLog({ ...deps, kind, year: createdAt.getUTCFullYear(), isSuccessor });
  const keys = generateKeys(kind);
  const head = logSigner(kind, origin, keys).signHead({ size: 0, rootHash: EMPTY_ROOT }, createdAt);
  return { origin, kind, createdAt, head, sealedKeys: sealKeys(deps.seal, origin, keys), frozenAt: null };
}

/**
 * Entry 0, which no client's entry may be: protojson leaves a zero logIndex out, and sigstore-python
 * refuses a bundle without one.
 */
export function firstEntry(input: {
  readonly kind: LogKind;
  readonly origin: string;
  readonly signer: LogSigner;
  readonly now: Date;
}): Uint8Array {
  return input.kind === 'rekor' ? firstHashedRekord(input.origin) : firstCertificate(input);
}

/** A key that nobody keeps signs the name of the log. */
function firstHashedRekord(origin: string): Uint8Array {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = utf8(`${origin}\n`);
  return formatHashedRekord({
    digest: sha256(name),
    signature: signWith(privateKey, name),
    verifier: { publicKey: spkiOf(publicKey) },
    keyDetails: keyDetailsOf(publicKey).name,
  });
}

/** RFC 6962 §3.4 x509_entry: the log's key in a certificate that it signs itself. */
function firstCertificate(input: {
  readonly origin: string;
  readonly signer: LogSigner;
  readonly now: Date;
}): Uint8Array {
  const certificate = buildRootCertificate({
    publicKey: input.signer.publicKey,
    privateKey: input.signer.privateKey,
    serial: serialFrom(randomBytes(20)),
    notBefore: input.now,
    notAfter: new Date(input.now.getTime() + 10 * 60 * 1000),
    name: { organization: 'Waybill', commonName: input.origin.slice(0, 64) },
  });
  const fixed = Buffer.alloc(15);
  fixed.writeBigUInt64BE(BigInt(input.now.getTime()), 2);
  fixed.writeUIntBE(certificate.length, 12, 3);
  return concat(fixed, certificate, new Uint8Array(2));
}
