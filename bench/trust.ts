/** The trust services against their peers: logged signatures, certificates, timestamps, verification. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@waybill/api/client';
import { exchangeToken } from '@waybill/clients/oidc';
import { Secret } from '@waybill/core';
import { type Figure, load, peakRssMiB, report } from './measure.ts';
import { rekordRequest } from './rekord-request.ts';
import { withServer } from './server.ts';
import { fulcio, type Peer, rekorTiles, timestampServer } from './trust-peers.ts';
import { httpPost, type WireResult, wireRun } from './wire.ts';

const WARM_MS = 5000;
const LOG_MS = 60_000;
const SHORT_MS = 15_000;
const LOG_CLIENTS = 768;
const CLIENTS = 64;
const JSON_BODY = { 'content-type': 'application/json' };

export async function run(args: readonly string[]): Promise<void> {
  const only = args[0];
  await withServer(
    async (server, place) => {
      const figures: Figure[] = [];
      const wanted = (name: string): boolean => only === undefined || only === name;
      if (wanted('timestamps')) figures.push(...(await timestamps(server.port)));
      if (wanted('certificates')) figures.push(...(await certificates({ ...server, ...place })));
      if (wanted('log')) figures.push(...(await logged(server.port, place.directory)));
      report([
        ...figures,
        { name: 'server peak RSS', unit: 'MiB', samples: [peakRssMiB(server.pid)], target: '< 400' },
        load(),
      ]);
    },
    ['--address-rate', '0', '--token-rate', '0'],
  );
}

interface Load {
  readonly name: string;
  readonly clients: number;
  readonly statuses: readonly number[];
  readonly target: string;
  readonly durationMs: number;
  readonly next: () => Buffer;
}

/** Ours, then the peer's, after a warming-up of each; the ratio is what counts. */
async function against(port: number, peer: Peer | null, given: Load): Promise<readonly Figure[]> {
  const { name, clients, statuses, target, durationMs, next } = given;
  const measure = async (at: number, forMs: number): Promise<WireResult> => {
    await wireRun({ port: at, clients, durationMs: WARM_MS, next, statuses });
    return wireRun({ port: at, clients, durationMs: forMs, next, statuses });
  };
  try {
    const ours = await measure(port, durationMs);
    const figures = rate(`${name}, ${clients} clients`, ours, target);
    if (peer === null) return figures;
    const theirs = await measure(peer.port, Math.min(durationMs, SHORT_MS));
    return [
      ...figures,
      ...rate(`${peer.name}, ${clients} clients`, theirs, ''),
      { name: `${name}: ours / ${peer.name}`, unit: 'ratio', samples: [perSecond(ours) / perSecond(theirs)] },
    ];
  } finally {
    await peer?.stop();
  }
}

/** Each request is another signature, made beforehand by one of eight keys. */
async function logged(port: number, directory: string): Promise<readonly Figure[]> {
  const signers = Array.from({ length: 8 }, () => generateKeyPairSync('ec', { namedCurve: 'P-256' }));
  let made = 0;
  const next = (): Buffer => {
    const keys = signers[made % signers.length] as (typeof signers)[number];
    return rekordRequest(`artifact ${made++}`, keys);
  };
  return against(port, await rekorTiles(directory), {
    name: 'logged signatures',
    clients: LOG_CLIENTS,
    statuses: [200, 201],
    target: '>= 1500, p99 < 1000',
    durationMs: LOG_MS,
    next,
  });
}

async function certificates(server: {
  readonly port: number;
  readonly url: string;
  readonly directory: string;
  readonly dataDir: string;
}): Promise<readonly Figure[]> {
  const { port, url, directory, dataDir } = server;
  const token = new Secret((await readFile(join(dataDir, 'owner-token'), 'utf8')).trim());
  const client = createClient({ url, token });
  await client.applyContract({
    document:
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: bench }\nspec: { materials: [] }\n',
  });
  await client.createWorkflow({ project: 'bench', name: 'trust', contract: 'bench' });
  const identity = await exchangeToken({ url, token, workflow: { project: 'bench', name: 'trust' } });
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = JSON.stringify({
    credentials: { oidcIdentityToken: identity.jwt.reveal() },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: publicKey.export({ format: 'pem', type: 'spki' }) },
      proofOfPossession: sign('sha256', Buffer.from(identity.subject), privateKey).toString('base64'),
    },
  });
  const request = httpPost('/api/v2/signingCert', body, JSON_BODY);
  return against(port, await fulcio(directory, `${url}/oidc`), {
    name: 'certificates',
    clients: CLIENTS * 4,
    statuses: [200],
    target: '>= 1200',
    durationMs: SHORT_MS,
    next: () => request,
  });
}

async function timestamps(port: number): Promise<readonly Figure[]> {
  const request = httpPost('/api/v1/timestamp', timestampQuery(), {
    'content-type': 'application/timestamp-query',
  });
  return against(port, await timestampServer(), {
    name: 'timestamps',
    clients: CLIENTS,
    statuses: [200, 201],
    target: '>= 4000',
    durationMs: SHORT_MS,
    next: () => request,
  });
}

/** TimeStampReq over SHA-256, no nonce, certReq false: what sigstore-go sends. */
function timestampQuery(): Buffer {
  const digest = createHash('sha256').update('bench').digest();
  const imprint = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), digest]);
  const content = Buffer.concat([Buffer.from('020101', 'hex'), imprint]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

function rate(name: string, result: WireResult, target: string): readonly Figure[] {
  return [
    { name: `${name}, per second`, unit: 'count', samples: [perSecond(result)], target },
    { name, unit: 'ms', samples: result.latencies },
  ];
}

function perSecond({ latencies, elapsedMs }: WireResult): number {
  return (latencies.length / elapsedMs) * 1000;
}
