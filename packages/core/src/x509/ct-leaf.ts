/** Entries of a CT log as readers of it see them: RFC 6962 §3.4 and §4.6, version 1. */
import { concat } from '../bytes/index.ts';
import { derFault } from './der-reader.ts';
import { opaque } from './sign-sct.ts';
import { TlsReader } from './tls-reader.ts';

const WHAT = 'MerkleTreeLeaf';

export type CtLeaf =
  | { readonly type: 'x509'; readonly timestampMs: number; readonly certificate: Uint8Array }
  | {
      readonly type: 'precertificate';
      readonly timestampMs: number;
      /** SHA-256 of the issuer's SubjectPublicKeyInfo. */
      readonly issuerKeyHash: Uint8Array;
      /** TBSCertificate without poison and SCT list. */
      readonly tbs: Uint8Array;
    };

/** Throws `x509_der`. */
export function parseCtLeaf(bytes: Uint8Array): CtLeaf {
  const reader = new TlsReader(bytes, WHAT);
  if (reader.number(2) !== 0) throw derFault(WHAT, 'expected a timestamped entry of version 1');
  const timestampMs = reader.number(8);
  if (!Number.isSafeInteger(timestampMs)) throw derFault(WHAT, 'lies beyond any calendar');
  const entry = readEntry(reader);
  reader.opaque(2);
  reader.end();
  return { ...entry, timestampMs };
}

type Entry = CtLeaf extends infer Leaf ? (Leaf extends CtLeaf ? Omit<Leaf, 'timestampMs'> : never) : never;

function readEntry(reader: TlsReader): Entry {
  switch (reader.number(2)) {
    case 0:
      return { type: 'x509', certificate: reader.opaque(3) };
    case 1:
      return { type: 'precertificate', issuerKeyHash: reader.take(32), tbs: reader.opaque(3) };
    default:
      throw derFault(WHAT, 'has an entry type other than x509 and precertificate');
  }
}

/**
 * What get-entries shows beside the leaf: PrecertChainEntry with a precertificate, else the chain alone. `issuers` in
 * DER, from the one that signed up to the root.
 */
export function formatCtExtraData(entry: {
  readonly precertificate: Uint8Array | null;
  readonly issuers: readonly Uint8Array[];
}): Uint8Array {
  const chain = opaque(concat(...entry.issuers.map((der) => opaque(der, 3))), 3);
  return entry.precertificate === null ? chain : concat(opaque(entry.precertificate, 3), chain);
}
