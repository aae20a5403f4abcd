/** The process that kill.test.ts kills: signatures into one log, certificates into the other, until it ends. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { serialize } from 'node:v8';
import { utf8 } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';
import { type HashedRekord, hashLeaf } from '@waybill/core/tlog';
import {
  buildRootCertificate,
  buildSigningTbs,
  ctMerkleTreeLeaf,
  issuerFrom,
  serialFrom,
  signPrecertificate,
} from '@waybill/core/x509';
import {
  createLog,
  createMetrics,
  createSeal,
  type DbOptions,
  openDb,
  openFileSystem,
} from '../ground/index.ts';
import { tlogMetrics } from './metrics.ts';
import { openTlog, type Tlog } from './open.ts';
import type { LogEntryReceipt, LogKind } from './receipt.ts';

export interface Order {
  readonly connection: DbOptions['connection'];
  readonly root: string;
  /** base64 */
  readonly masterKey: string;
}

/** A line of the output, in base64 with a full stop behind: what was acknowledged. */
export type Acknowledged =
  | { readonly type: 'receipt'; readonly kind: LogKind; readonly receipt: LogEntryReceipt }
  | { readonly type: 'sct'; readonly leaf: Uint8Array; readonly sct: Uint8Array };

const REKORD_WRITERS = 16;
const CERTIFICATE_WRITERS = 8;

const LIFETIME_MS = 600_000;

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const name = { organization: 'kill', commonName: 'kill' };
const authority = issuerFrom(buildRootCertificate({ ...frame(new Date()), ...keys, name }), keys.privateKey);
const order = JSON.parse(process.argv[2] ?? '') as Order;
// Until then the process before it is at work.
await once(process.stdin, 'data');
const tlog = await openAsWriter();
await Promise.all([
  ...Array.from({ length: REKORD_WRITERS }, (_, writer) => forever(writer, logRekord)),
  ...Array.from({ length: CERTIFICATE_WRITERS }, (_, writer) => forever(writer, logCertificate)),
]);

/** The database frees the lock of the killed process as soon as it notices that its connection is gone. */
async function openAsWriter(): Promise<Tlog> {
  const log = createLog('silent');
  const opened = await openTlog({
    db: openDb({ connection: order.connection, log }),
    blobs: await openFileSystem({ root: order.root }),
    seal: createSeal(Buffer.from(order.masterKey, 'base64')),
    clock: () => new Date(),
    log,
    metrics: tlogMetrics(createMetrics()),
    publicUrl: 'http://127.0.0.1:7070',
    instanceId: 'kill',
    place: null,
    highWater: null,
    limits: { batchWaitMs: 0, batchEntries: 16 },
  });
  for (;;)
    if ((await opened.role('rekor')) === 'writer' && (await opened.role('ct')) === 'writer') return opened;
}

async function forever(writer: number, log: (text: string) => Promise<void>): Promise<never> {
  for (let turn = 0; ; turn++) await log(`${process.pid} ${writer} ${turn}`);
}

function acknowledge(what: Acknowledged): void {
  process.stdout.write(`${serialize(what).toString('base64')}.\n`);
}

async function logRekord(text: string): Promise<void> {
  const rekord: HashedRekord = {
    digest: sha256(utf8(text)),
    signature: utf8(`signature ${text}`),
    verifier: { publicKey: utf8('key') },
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
  };
  acknowledge({ type: 'receipt', kind: 'rekor', receipt: await tlog.appendHashedRekord(rekord) });
}

/** As the certificate authority does it; who has an SCT then looks for its entry in what is published. */
async function logCertificate(text: string): Promise<void> {
  const now = new Date();
  const facts = { signer: `https://ci.example/${encodeURIComponent(text)}`, issuer: 'https://ci.example' };
  const tbs = buildSigningTbs({
    ...frame(now),
    publicKey: keys.publicKey,
    issuer: authority,
    identity: { type: 'uri', value: facts.signer },
    extensions: { issuer: facts.issuer },
  });
  const leaf = ctMerkleTreeLeaf({ timestampMs: now.getTime(), issuerPublicKey: keys.publicKey, tbs });
  const signature = signPrecertificate(tbs, keys.privateKey);
  const sct = await tlog.logPrecertificate({ leaf, signature }, facts);
  acknowledge({ type: 'sct', leaf, sct });
  const log = tlog.published('ct');
  const { logIndex } = await log.findLeaf(hashLeaf(leaf));
  acknowledge({ type: 'receipt', kind: 'ct', receipt: await log.receiptAt(logIndex) });
}

function frame(notBefore: Date) {
  const notAfter = new Date(notBefore.getTime() + LIFETIME_MS);
  return { serial: serialFrom(randomBytes(20)), notBefore, notAfter };
}
