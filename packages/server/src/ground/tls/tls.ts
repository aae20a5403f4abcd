import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import type { Server } from 'node:https';
import { messageOf } from '@waybill/core';
import type { Logger } from '../log/log.ts';
import type { Clock } from '../time/clock.ts';
import { faultsOf, readPair, type TlsFiles, type TlsPair } from './certificate.ts';
import { createTlsServer, type TlsServer } from './sockets.ts';

/** The TLS of one listener: a certificate that can be exchanged while connections go on. */
export interface Tls {
  /** Once. */
  createServer(handler: RequestListener, options: { headersTimeoutMs: number }): Server;
  /**
   * Reads both files again. New connections see the new certificate, open ones go on as they are. A pair that
   * cannot be used changes nothing and is logged. True when the pair was taken.
   */
  reload(): boolean;
  /** Stops looking at the files, and drops handshakes that are under way. */
  close(): void;
}

export interface TlsOptions {
  readonly files: TlsFiles;
  readonly publicUrl: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** How often the files are looked at. */
  readonly pollMs?: number;
}

/** Their contents, not events of the file system: those say nothing on network disks and bind mounts. */
const POLL_MS = 10_000;

/** Throws `tls_invalid`. */
export function openTls(options: TlsOptions): Tls {
  const { files, log } = options;
  let pair = take(options);
  let listener: TlsServer | null = null;
  const reload = (): boolean => {
    try {
      pair = take(options);
    } catch (cause) {
      log.error(
        { err: cause },
        `the certificate was not exchanged, the old one stays in use until ${new Date(pair.certificate.validTo).toISOString()}: ${messageOf(cause)}`,
      );
      return false;
    }
    listener?.server.setSecureContext(pair.context);
    log.info({ fingerprint: pair.certificate.fingerprint256 }, 'certificate exchanged');
    return true;
  };
  const stop = onChange(files, options.pollMs ?? POLL_MS, reload);
  return {
    createServer(handler, { headersTimeoutMs }) {
      listener = createTlsServer(handler, { pair, publicUrl: options.publicUrl, headersTimeoutMs });
      return listener.server;
    },
    reload,
    close() {
      stop();
      listener?.dropUnfinished();
    },
  };
}

function take({ files, publicUrl, log, clock }: TlsOptions): TlsPair {
  const pair = readPair(files);
  const host = new URL(publicUrl).hostname;
  for (const fault of faultsOf(pair, { certFile: files.certFile, host, now: clock() })) log.warn(fault);
  return pair;
}

/**
 * Calls `act` for contents that differ from the last and have stayed the same for one interval: whoever renews writes
 * two files, and half a pair is no mistake yet.
 */
function onChange(files: TlsFiles, pollMs: number, act: () => unknown): () => void {
  let known: string | null = null;
  let seen: string | null = null;
  let looking = false;
  const look = async (): Promise<void> => {
    const now = await fingerprint(files);
    known ??= now;
    if (now === seen && now !== known) {
      known = now;
      act();
    }
    seen = now;
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, pollMs);
  timer.unref();
  void look();
  return () => clearInterval(timer);
}

async function fingerprint({ certFile, keyFile }: TlsFiles): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [certFile, keyFile]) {
    // A file that is away for a moment is a change like any other; the reader says what is wrong with it.
    hash
      .update(await readFile(file).catch((error: unknown) => `unreadable: ${messageOf(error)}`))
      .update('\0');
  }
  return hash.digest('hex');
}
