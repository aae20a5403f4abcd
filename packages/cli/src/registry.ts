import os from 'node:os';
import path from 'node:path';
import {
  type Credentials,
  connect,
  credentialsFromDockerConfig,
  getManifest,
  type PushedBlob,
  pushBlob,
  pushFile,
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

/** Where the content of materials is kept. What is there already is not sent again. */
export interface MaterialStore {
  putBytes(bytes: Uint8Array): Promise<PushedBlob>;
  putFile(file: string): Promise<PushedBlob>;
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

/** The repository of a run, as the place that materials go to. Throws `oci_client_…`, and what the disk says. */
export function materialStore(connection: Connection, repository: string): MaterialStore {
  const registry = ownRegistry(connection, repository);
  return {
    putBytes: (bytes) => pushBlob(registry, repository, bytes),
    putFile: (file) => pushFile(registry, repository, file),
  };
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
