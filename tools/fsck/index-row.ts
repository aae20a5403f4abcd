/** What the index of a log says of an entry, against the entry itself. */
import { createHash } from 'node:crypto';
import { CodedError } from '@waybill/core';
import { isStorable } from '@waybill/core/bytes';
import { parseCertificate, readFulcioExtensions, signerNameOf } from '@waybill/core/x509';

export interface IndexRow {
  readonly leaf_hash: Buffer;
  readonly artifact_digest: string | null;
  readonly signer: string | null;
  readonly issuer: string | null;
  readonly certificate_fingerprint: string | null;
}

export type LogKind = 'rekor' | 'ct';

/** In words; null when nothing is wrong. Entry 0 is the log's own, which the index does not describe. */
export function faultOfRow(kind: LogKind, entry: Buffer, row: IndexRow): string | null {
  return kind === 'rekor' ? faultOfRekord(entry, row) : faultOfCertificate(entry, row);
}

interface Verifier {
  readonly x509Certificate?: { readonly rawBytes: string };
  readonly publicKey?: { readonly rawBytes: string };
}

interface Rekord {
  readonly spec: { readonly hashedRekordV002: { readonly signature: { readonly verifier: Verifier } } };
}

/** The digest is of what was signed or, for an attestation, of its subject, which stands in no log: only its form is known. */
function faultOfRekord(entry: Buffer, row: IndexRow): string | null {
  const verifier = verifierOf(entry);
  if (verifier === null) return 'it is no hashedrekord';
  const raw = Buffer.from((verifier.x509Certificate ?? verifier.publicKey)?.rawBytes ?? '', 'base64');
  const fingerprint = `sha256:${createHash('sha256').update(raw).digest('hex')}`;
  if (row.certificate_fingerprint !== fingerprint)
    return `the index says certificate ${row.certificate_fingerprint}, the entry ${fingerprint}`;
  if (!/^sha(?:256|384|512):[0-9a-f]+$/.test(row.artifact_digest ?? ''))
    return `the index says digest ${row.artifact_digest}, which is none`;
  const expected = verifier.x509Certificate === undefined ? NOBODY : namesIn(raw);
  for (const name of ['signer', 'issuer'] as const) {
    if (row[name] !== expected[name])
      return `the index says ${name} ${row[name]}, the certificate ${expected[name]}`;
  }
  return null;
}

function verifierOf(entry: Buffer): Verifier | null {
  try {
    return (JSON.parse(entry.toString()) as Rekord).spec.hashedRekordV002.signature.verifier;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

interface Names {
  readonly signer: string | null;
  readonly issuer: string | null;
}

const NOBODY: Names = { signer: null, issuer: null };

function namesIn(der: Buffer): Names {
  try {
    const certificate = parseCertificate(der);
    const issuer = readFulcioExtensions(certificate)?.issuer;
    return { signer: indexed(signerNameOf(certificate).value), issuer: indexed(issuer ?? null) };
  } catch (error) {
    if (error instanceof CodedError) return NOBODY;
    throw error;
  }
}

/** What PostgreSQL cannot hold in an index is not found by that. */
function indexed(text: string | null): string | null {
  return text !== null && Buffer.byteLength(text) <= 1000 && isStorable(text) ? text : null;
}

/** A leaf is no certificate yet: the names must stand in it, and none may be missing. */
function faultOfCertificate(entry: Buffer, row: IndexRow): string | null {
  for (const name of ['signer', 'issuer'] as const) {
    const text = row[name];
    if (text === null) return `the index names no ${name}`;
    if (!entry.includes(text)) return `the index says ${name} ${text}, which does not stand in the entry`;
  }
  return null;
}
