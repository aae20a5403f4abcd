import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import { exchangeToken } from '@waybill/clients/oidc';
import { artifactManifest, EMPTY_BLOB, formatManifest } from '@waybill/core/oci';
import { type TestWorld, tempDir, testWorld } from '@waybill/testkit';

const CONTRACT = 'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: free }\nspec: {}\n';
const WAYBILL = join(import.meta.dirname, '../../cli/bin/waybill.js');
/** A client that hangs is a failure; nothing is said to the client of it. */
const GIVE_UP_MS = 60_000;

/** A fresh server, and beside it a directory with what a client of it is given. */
export interface Place {
  readonly world: TestWorld;
  readonly issuer: string;
  /** Who the identity token speaks for. */
  readonly identity: string;
  /** Path of a file: `root.json`, `config.json`, `trust-config.json`, `token`, `artifact` are there. */
  at(name: string): string;
  read(name: string): Promise<Buffer>;
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Runs a program in the directory, which is its home. */
  run(
    program: string,
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): Promise<{ readonly stdout: string }>;
  /** The command line of Waybill. */
  waybill(...args: readonly string[]): Promise<{ readonly stdout: string }>;
  /** Pushes an artifact; its reference by digest. */
  pushImage(name: string): Promise<string>;
  close(): Promise<void>;
}

export async function openPlace(): Promise<Place> {
  const [world, folder] = await Promise.all([testWorld(), tempDir('waybill-interop-')]);
  const { url, owner, ownerToken } = world;
  const at = (name: string) => join(folder.path, name);
  await owner.applyContract({ document: CONTRACT });
  await owner.createWorkflow({ project: 'demo', name: 'build', contract: 'free' });
  const workflow = { project: 'demo', name: 'build' };
  const [root, config, { jwt }] = await Promise.all([
    owner.trustedRoot(),
    owner.signingConfig(),
    exchangeToken({ url, token: ownerToken, workflow }),
  ]);
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(at(name), content);
    return at(name);
  };
  await write('root.json', root);
  await write('config.json', config);
  await write('trust-config.json', trustConfigOf(root, config));
  await write('token', jwt.reveal());
  await write('artifact', 'what is signed');
  const registry = connect(new URL(url).host, { credentials: { username: 'x', password: ownerToken } });
  await mkdir(at('docker'));
  await write('docker/config.json', dockerConfigOf(url, ownerToken.reveal()));
  const run: Place['run'] = (program, args, env = {}) =>
    promisify(execFile)(program, args, {
      cwd: folder.path,
      timeout: GIVE_UP_MS,
      env: {
        PATH: process.env['PATH'],
        HOME: folder.path,
        TUF_ROOT: at('tuf'),
        DOCKER_CONFIG: at('docker'),
        ...env,
      },
    });
  return {
    world,
    issuer: `${url}/oidc`,
    identity: `${url}/oidc/default/demo/build`,
    at,
    read: (name) => readFile(at(name)),
    write,
    run,
    waybill: (...args) =>
      run(process.execPath, [WAYBILL, ...args], {
        WAYBILL_URL: url,
        WAYBILL_TOKEN: ownerToken.reveal(),
        COSIGN_PASSWORD: 'correct horse',
      }),
    async pushImage(name) {
      const repository = `default/demo/${name}`;
      await pushBlob(registry, repository, EMPTY_BLOB);
      const manifest = artifactManifest({ artifactType: `application/x-${name}`, layers: [] });
      const { digest } = await pushManifest(
        registry,
        { repository },
        { bytes: formatManifest(manifest), mediaType: manifest.mediaType },
      );
      return `${registry.registry}/${repository}@${digest}`;
    },
    async close() {
      await world.close();
      await folder.remove();
    },
  };
}

/** ClientTrustConfig: both documents in one file. */
function trustConfigOf(trustedRoot: string, signingConfig: string): string {
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot: JSON.parse(trustedRoot) as unknown,
    signingConfig: JSON.parse(signingConfig) as unknown,
  });
}
function dockerConfigOf(url: string, token: string): string {
  const auth = Buffer.from(`x:${token}`).toString('base64');
  return JSON.stringify({ auths: { [new URL(url).host]: { auth } } });
}
