import type { LogPosition } from '@waybill/api';
import type { Bundle, TlogEntry } from '@waybill/core/bundle';
import { toBase64 } from '@waybill/core/bytes';
import { hash, type KeyObject, spkiOf } from '@waybill/core/crypto';
import { pae } from '@waybill/core/dsse';
import { keyDetailsOf } from '@waybill/core/tlog';
import { parseCertificate } from '@waybill/core/x509';
import type { EntryFacts, LogEntryReceipt, Tlog } from '../tlog/index.ts';

/** A bundle that carries its log entry, and where that stands. */
export interface LoggedBundle {
  readonly bundle: Bundle;
  readonly position: LogPosition;
}

/**
 * Step `log`: the signature as a hashedrekord over the PAE in our transparency log, its inclusion proof in the
 * bundle. The same signature has one entry, so a retry finds the first.
 */
export async function logBundle(
  tlog: Tlog,
  bundle: Bundle,
  about: {
    /** The signer's, for whoever has read it; a bundle with a certificate holds it itself. */
    readonly publicKey: KeyObject | null;
    readonly facts: EntryFacts;
  },
): Promise<LoggedBundle> {
  if (bundle.content.type !== 'dsse') throw new TypeError('only attestations are logged here');
  const { publicKey, facts } = about;
  const { envelope } = bundle.content;
  const signature = envelope.signatures[0]?.signature ?? new Uint8Array();
  const material = bundle.verificationMaterial;
  const certificate =
    material.type === 'certificate'
      ? material.der
      : material.type === 'chain'
        ? material.certificates[0]
        : null;
  const key = publicKey ?? (certificate ? parseCertificate(certificate).publicKey : null);
  if (key === null) throw new TypeError('a bundle signed by a key is logged with that key');
  const details = keyDetailsOf(key);
  const receipt = await tlog.appendHashedRekord(
    {
      digest: hash(details.hash, pae(envelope.payloadType, envelope.payload)),
      signature,
      verifier: certificate ? { certificate } : { publicKey: spkiOf(key) },
      keyDetails: details.name,
    },
    facts,
  );
  return { bundle: { ...bundle, tlogEntries: [entryOf(receipt)] }, position: positionOf(receipt) };
}

function entryOf(receipt: LogEntryReceipt): TlogEntry {
  return {
    logIndex: receipt.logIndex,
    logId: receipt.keyId,
    kind: 'hashedrekord',
    version: '0.0.2',
    integratedTime: null,
    inclusionPromise: null,
    inclusionProof: {
      logIndex: receipt.inclusionProof.logIndex,
      treeSize: receipt.inclusionProof.treeSize,
      rootHash: receipt.inclusionProof.rootHash,
      hashes: receipt.inclusionProof.hashes,
      checkpoint: receipt.inclusionProof.checkpoint,
    },
    canonicalizedBody: receipt.canonicalizedBody,
  };
}

function positionOf(receipt: LogEntryReceipt): LogPosition {
  const { inclusionProof: proof } = receipt;
  return {
    origin: receipt.origin,
    logIndex: receipt.logIndex,
    treeSize: proof.treeSize,
    rootHash: toBase64(proof.rootHash),
    hashes: proof.hashes.map((item) => toBase64(item)),
    checkpoint: proof.checkpoint,
  };
}
