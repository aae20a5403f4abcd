import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { isCoded } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import type { RunMaterial } from '@waybill/core/intoto';
import type { MaterialKind } from '@waybill/core/material';
import type { Connection } from './connection.ts';
import { cliError } from './exit.ts';
import { codeOf, reasonOf } from './files.ts';
import type { MaterialStore } from './registry.ts';
import type { Session } from './session.ts';

/** What is known of a material once it was read. */
export type MaterialFacts = Pick<RunMaterial, 'digest' | 'sizeBytes' | 'filename' | 'value' | 'reference'>;

export interface DescribedMaterial {
  readonly facts: MaterialFacts;
  /** False when the content travels in the statement, stays in its registry, or is not to be kept. */
  readonly uploaded: boolean;
}

/** The server reads documents whole, up to this size, to check them. */
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;
/** Up to here an artifact is read at once, and sent only when the server does not have it. */
const AT_ONCE_BYTES = 8 * 1024 * 1024;
/** A value that travels in the statement. */
const MAX_STRING_BYTES = 64 * 1024;

/**
 * Reads, hashes and validates a value as its kind wants it, and puts what is a file into the store, if one is
 * given. Throws `material_…`, `cli_file`, `oci_client_…`.
 */
export async function describeMaterial(
  session: Session,
  connection: Connection,
  material: { readonly kind: MaterialKind; readonly value: string; readonly store: MaterialStore | null },
): Promise<DescribedMaterial> {
  const { kind, value, store } = material;
  switch (kind) {
    case 'STRING':
      return { facts: describeString(value), uploaded: false };
    case 'CONTAINER_IMAGE':
      return { facts: await describeImage(session, connection, value), uploaded: false };
    case 'ARTIFACT':
      return {
        facts: await describeArtifact(path.resolve(session.cwd, value), store),
        uploaded: store !== null,
      };
    default: {
      const facts = await describeDocument(path.resolve(session.cwd, value), kind, store);
      return { facts, uploaded: store !== null };
    }
  }
}

function describeString(value: string): MaterialFacts {
  const bytes = utf8(value);
  if (bytes.length > MAX_STRING_BYTES) {
    throw cliError(
      'material_too_large',
      `--value has ${bytes.length} bytes, a STRING at most ${MAX_STRING_BYTES}: record it as a file (ARTIFACT, EVIDENCE)`,
    );
  }
  return { digest: digestOf(bytes), sizeBytes: bytes.length, value };
}

async function describeImage(
  session: Session,
  connection: Connection,
  value: string,
): Promise<MaterialFacts> {
  const [{ validateMaterial }, { pullImage }] = await Promise.all([
    import('@waybill/core/material'),
    import('./registry.ts'),
  ]);
  const { bytes, digest, reference } = await pullImage(session, connection, value);
  validateMaterial('CONTAINER_IMAGE', bytes, { reference });
  return { digest, sizeBytes: bytes.length, reference };
}

/** As a stream: an artifact may be larger than memory. */
async function describeArtifact(file: string, store: MaterialStore | null): Promise<MaterialFacts> {
  const sizeBytes = await sizeOf(file);
  if (sizeBytes === 0) throw empty(file, 'ARTIFACT');
  const filename = path.basename(file);
  if (store !== null && sizeBytes <= AT_ONCE_BYTES) {
    const bytes = await readDocument(file, 'ARTIFACT');
    const { digest } = await store.putBytes(bytes, filename);
    return { digest, sizeBytes: bytes.length, filename };
  }
  try {
    const found = store === null ? await hashFile(file) : await store.putFile(file);
    return { digest: found.digest, sizeBytes: found.sizeBytes, filename };
  } catch (cause) {
    throw isCoded(cause) ? cause : unreadable(file, cause);
  }
}

async function hashFile(file: string): Promise<Pick<RunMaterial, 'digest' | 'sizeBytes'>> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Uint8Array);
    sizeBytes += (chunk as Uint8Array).length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
}

async function describeDocument(
  file: string,
  kind: MaterialKind,
  store: MaterialStore | null,
): Promise<MaterialFacts> {
  const filename = path.basename(file);
  const [{ validateMaterial }, bytes] = await Promise.all([
    import('@waybill/core/material'),
    readDocument(file, kind),
  ]);
  validateMaterial(kind, bytes, { filename });
  await store?.putBytes(bytes, filename);
  return { digest: digestOf(bytes), sizeBytes: bytes.length, filename };
}

async function readDocument(file: string, kind: MaterialKind): Promise<Uint8Array> {
  const sizeBytes = await sizeOf(file);
  if (sizeBytes === 0) throw empty(file, kind);
  if (sizeBytes > MAX_DOCUMENT_BYTES) {
    throw cliError(
      'material_too_large',
      `${file} has ${sizeBytes} bytes, a ${kind} at most ${MAX_DOCUMENT_BYTES}: record it as ARTIFACT, which nobody reads`,
    );
  }
  try {
    await using handle = await open(file, 'r');
    return await handle.readFile();
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** The kind of a value that nobody named: a file by its content, an image by its form, else text. */
export async function detectValue(session: Session, value: string): Promise<MaterialKind> {
  const file = path.resolve(session.cwd, value);
  const found = await stat(file).catch(() => null);
  // A misspelt path must not pass for a text: it would be recorded, signed and judged as one.
  if (found === null && looksLikePath(value)) throw missingFile(value);
  if (found !== null && value !== '') {
    const [{ detectKind }, sizeBytes] = await Promise.all([import('@waybill/core/material'), sizeOf(file)]);
    return sizeBytes > MAX_DOCUMENT_BYTES
      ? 'ARTIFACT'
      : detectKind(await readDocument(file, 'ARTIFACT'), path.basename(file));
  }
  const { parseReference } = await import('@waybill/core/oci');
  try {
    parseReference(value);
    return 'CONTAINER_IMAGE';
  } catch (error) {
    if (!isCoded(error)) throw error;
    return 'STRING';
  }
}

function looksLikePath(value: string): boolean {
  return /^\.{0,2}\//.test(value) || /^[^\s:@=?#]*\.[A-Za-z][A-Za-z0-9]{0,5}$/.test(value);
}

function missingFile(value: string) {
  return cliError(
    'cli_file',
    `there is no file ${value}: is the path right, and does the step before write it there? (A text that only looks like a path needs the --name of its material.)`,
  );
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isFile()) return found.size;
  } catch (cause) {
    throw unreadable(file, cause);
  }
  throw cliError(
    'cli_file',
    `${file} is not a file: name one file with --value (pack a directory first, e.g. with tar)`,
  );
}

function unreadable(file: string, cause: unknown) {
  const hint = codeOf(cause) === 'ENOENT' ? ': does the step before write it there?' : '';
  return cliError('cli_file', `cannot read ${file} (${reasonOf(cause)})${hint}`, { cause });
}

function empty(file: string, kind: string) {
  return cliError(
    'material_empty',
    `${file} is empty: expected content of the kind ${kind}, found 0 bytes. Check that the step that writes it ran to its end`,
  );
}
