/** The certificate and key that the server shows: two PEM files, checked before anything takes them. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { CodedError, messageOf } from '@waybill/core';

export interface TlsFiles {
  /** Absolute paths: the certificate with its intermediates, and its private key. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

export interface TlsPair {
  /** As `tls.createSecureContext` takes it. */
  readonly context: {
    readonly cert: string;
    readonly key: string;
    readonly minVersion: TlsFiles['minVersion'];
  };
  readonly certificate: X509Certificate;
}

/** Throws `tls_invalid`, which names the file and never shows the key. */
export function readPair(files: TlsFiles): TlsPair {
  const { certFile, keyFile, minVersion } = files;
  const cert = read(certFile, 'certificate');
  const key = read(keyFile, 'private key');
  const certificate = certificateOf(cert, certFile);
  if (!certificate.checkPrivateKey(keyOf(key, keyFile))) {
    throw tlsInvalid(
      `the key in ${keyFile} is not that of the first certificate in ${certFile} (${nameOf(certificate)}): give the pair that belongs together, the server's own certificate before those of its authorities`,
    );
  }
  const context = { cert, key, minVersion };
  try {
    createSecureContext(context);
  } catch (cause) {
    throw tlsInvalid(`${certFile} and ${keyFile} cannot be used for TLS (${messageOf(cause)})`, cause);
  }
  return { context, certificate };
}

/** What clients will refuse although the pair is whole, one sentence each. */
export function faultsOf(
  { certificate }: TlsPair,
  around: { readonly certFile: string; readonly host: string; readonly now: Date },
): readonly string[] {
  const { certFile, host, now } = around;
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const bare = host.replaceAll(/[[\]]/g, '');
  const covers = isIP(bare) === 0 ? certificate.checkHost(bare) : certificate.checkIP(bare);
  return [
    ...(to < now ? [`the certificate in ${certFile} ended at ${to.toISOString()}: renew it`] : []),
    ...(from > now
      ? [`the certificate in ${certFile} is valid only from ${from.toISOString()}: check the clock`]
      : []),
    ...(covers === undefined
      ? [
          `the certificate in ${certFile} is for ${certificate.subjectAltName ?? nameOf(certificate)}, not for ${bare}, the host of the public URL: clients will refuse it`,
        ]
      : []),
  ];
}

function nameOf(certificate: X509Certificate): string {
  return certificate.subject.replaceAll('\n', ', ');
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw tlsInvalid(
      `cannot read the ${what} ${file} (${code}): check the path and that this user may read it`,
      cause,
    );
  }
}

function certificateOf(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw tlsInvalid(`${file} begins with no certificate in PEM (-----BEGIN CERTIFICATE-----)`, cause);
  }
}

function keyOf(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const locked = (cause as { code?: unknown }).code === 'ERR_MISSING_PASSPHRASE';
    throw tlsInvalid(
      locked
        ? `the private key in ${file} has a passphrase, which nobody types at a start: store it without one, readable by this user only`
        : `${file} holds no private key in PEM (-----BEGIN PRIVATE KEY-----)`,
      cause,
    );
  }
}

function tlsInvalid(message: string, cause?: unknown): CodedError<'tls_invalid'> {
  return new CodedError('tls_invalid', message, { cause });
}
