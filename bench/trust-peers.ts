/** The same services by others, as they run by themselves: for the same load in the same run. */
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort, requirePeer } from '@waybill/testkit';

export interface Peer {
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** RFC 3161, key in memory. */
export async function timestampServer(): Promise<Peer | null> {
  const port = await freePort();
  return startPeer('timestamp-server', port, [
    'serve',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--timestamp-signer',
    'memory',
    '--disable-ntp-monitoring',
  ]);
}

/** Rekor v2 over files, with lasting deduplication as ours; its default interval of ten seconds cut to one. */
export async function rekorTiles(directory: string): Promise<Peer | null> {
  const [port, grpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const key = join(directory, 'rekor-key.pem');
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return startPeer('rekor-tiles', port, [
    'serve',
    '--hostname',
    'log.example',
    '--storage-dir',
    join(directory, 'rekor-tiles'),
    '--signer-filepath',
    key,
    '--checkpoint-interval',
    '1s',
    '--persistent-antispam',
    '--http-port',
    String(port),
    '--grpc-port',
    String(grpcPort),
    '--http-metrics-port',
    String(metricsPort),
  ]);
}

/** A certificate authority in memory, without a CT log; it takes the tokens of `issuerUrl`. */
export async function fulcio(directory: string, issuerUrl: string): Promise<Peer | null> {
  const [port, grpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const config = join(directory, 'issuers.yaml');
  // YAML: in JSON it reads other names, and finds nothing.
  const issuer = [
    `issuer-url: ${issuerUrl}`,
    'client-id: sigstore',
    'type: username',
    'subject-domain: 127.0.0.1',
  ];
  await writeFile(config, `oidc-issuers:\n  ${issuerUrl}:\n    ${issuer.join('\n    ')}\n`);
  return startPeer('fulcio', port, [
    'serve',
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--grpc-host',
    '127.0.0.1',
    '--grpc-port',
    String(grpcPort),
    '--metrics-port',
    String(metricsPort),
    '--ca',
    'ephemeralca',
    '--ct-log-url',
    '',
    '--config-path',
    config,
  ]);
}

/** null, with a word about it, when it is not installed. */
async function startPeer(name: string, port: number, args: readonly string[]): Promise<Peer | null> {
  const found = requirePeer(name);
  if (found.path === null) {
    console.error(`without ${name}: ${found.skip}`);
    return null;
  }
  const child = spawn(found.path, args, { stdio: 'ignore' });
  const gone = once(child, 'exit');
  while (child.exitCode === null && !(await listens(port))) await new Promise((wait) => setTimeout(wait, 20));
  if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${args.join(' ')}`);
  return {
    name,
    port,
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.unref();
    socket.once('connect', () => socket.destroy());
  });
}
