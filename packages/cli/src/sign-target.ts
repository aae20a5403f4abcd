import path from 'node:path';
import { type Digest, digestOf, hexOf, isDigest } from '@waybill/core/digest';
import type { Subject } from '@waybill/core/intoto';
import { parseReference, type Reference } from '@waybill/core/oci';
import { readNamedBytes } from './files.ts';
import type { Session } from './session.ts';

/** What a person names to be signed or stated something about. */
export type Target =
  | { readonly type: 'file'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly type: 'digest'; readonly name: string; readonly digest: Digest }
  | { readonly type: 'image'; readonly name: string; readonly digest: Digest; readonly reference: Reference };

/** `sha256:…`, `host/repository@sha256:…`, else a file. Throws `cli_file`, `oci_reference_invalid`. */
export async function targetOf(session: Session, text: string): Promise<Target> {
  if (isDigest(text)) return { type: 'digest', name: text, digest: text };
  if (/@sha(?:256|384|512):/.test(text)) {
    const reference = parseReference(text);
    return { type: 'image', name: text, digest: reference.digest as Digest, reference };
  }
  return { type: 'file', name: text, bytes: await readNamedBytes(path.resolve(session.cwd, text)) };
}

/** The target as an in-toto statement names it. */
export function subjectOf(target: Target): Subject {
  const digest = target.type === 'file' ? digestOf(target.bytes) : target.digest;
  const name = target.type === 'file' ? path.basename(target.name) : nameOf(target);
  return { name, digest: { [digest.slice(0, digest.indexOf(':'))]: hexOf(digest) } };
}

function nameOf(target: Exclude<Target, { type: 'file' }>): string {
  if (target.type === 'digest') return '';
  return `${target.reference.registry}/${target.reference.repository}`;
}
