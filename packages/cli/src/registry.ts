import os from 'node:os';
import path from 'node:path';
import {
  type BlobSource,
  type Credentials,
  connect,
  credentialsFromDockerConfig,
  getManifest,
  pushBlob,
  type Connection as RegistryConnection,
} from '@waybill/clients/oci';
import { Secret } from '@waybill/core';
import type { Digest } from '@waybill/core/digest';
import { formatReference, parseReference } from '@waybill/core/oci';
import type { Connection } from './connection.ts';
import { readIfPresent } from './files.ts';
import type { Session } from './session.ts';

export interface PulledImage {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** `host/repository[:tag]@digest`. */
  readonly reference: string;
}

/** The manifest that an image reference names now, from whatever registry. Throws `oci_reference_invalid`, `oci_client_…`. */
export async function pullImage(
  session: Session,
  connection: Connection,
  text: string,
): Promise<PulledImage> {
  const reference = parseReference(text);
  const own = reference.registry === new URL(connection.url).host;
  const registry = own
    ? ownRegistry(connection, reference.repository)
    : connect(reference.registry, {
        fetch: session.fetch,
        credentials: await dockerCredentials(session, reference.registry),
      });
  const { bytes, descriptor } = await getManifest(registry, reference);
  return {
    bytes,
    digest: descriptor.digest,
    reference: formatReference({ ...reference, digest: descriptor.digest }),
  };
}

/** Uploads a material into the run's repository; false when it was there already. Throws `oci_client_…`. */
export async function uploadMaterial(
  connection: Connection,
  repository: string,
  blob: BlobSource,
): Promise<boolean> {
  return (await pushBlob(ownRegistry(connection, repository), repository, blob)).uploaded;
}

/** This server's own registry, for one repository. */
function ownRegistry({ url, token, fetch }: Connection, repository: string): RegistryConnection {
  const { host, protocol } = new URL(url);
  const registry = connect(host, { fetch, plainHttp: protocol === 'http:' });
  // It takes the API token itself: the detour over its token service would be two more round trips.
  const authorization = `Bearer ${token.reveal()}`;
  for (const actions of ['pull', 'pull,push']) {
    registry.tokens.set(`${repository}:${actions}`, { authorization, goodUntilMs: Number.POSITIVE_INFINITY });
  }
  return registry;
}

async function dockerCredentials({ env }: Session, registry: string): Promise<Credentials | undefined> {
  const { WAYBILL_REGISTRY_USERNAME: username, WAYBILL_REGISTRY_PASSWORD: password } = env;
  if (env['WAYBILL_REGISTRY'] === registry && username && password)
    return { username, password: new Secret(password) };
  const directory = env['DOCKER_CONFIG'] ?? path.join(env['HOME'] ?? os.homedir(), '.docker');
  const text = await readIfPresent(path.join(directory, 'config.json'));
  if (text === null) return undefined;
  return credentialsFromDockerConfig(text, registry);
}
