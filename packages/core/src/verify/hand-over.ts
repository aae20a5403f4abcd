import { publicKeyFrom, spkiOf } from '../crypto.ts';
import { parseCertificate } from '../x509/index.ts';
import { signerOf } from './expectations.ts';
import { type LogReceipt, type Signer, Verified } from './verified.ts';

/**
 * A proof as plain data, for another thread of the same process: structured clone carries no classes. It proves
 * nothing by itself, so it MUST NOT come from anywhere but a thread that ran the verification.
 */
export interface HandedOver<T> {
  readonly value: T;
  readonly signer:
    | { readonly type: 'certificate'; readonly der: Uint8Array }
    | { readonly type: 'key'; readonly spki: Uint8Array };
  readonly signedAt: Date | null;
  readonly logged: LogReceipt | null;
}

export function handOver<T>({ value, signer, signedAt, logged }: Verified<T>): HandedOver<T> {
  const plain =
    signer.type === 'certificate'
      ? ({ type: 'certificate', der: signer.certificate.der } as const)
      : ({ type: 'key', spki: spkiOf(signer.publicKey) } as const);
  return { value, signer: plain, signedAt, logged };
}

export function takeOver<T>({ value, signer, signedAt, logged }: HandedOver<T>): Verified<T> {
  const known: Signer =
    signer.type === 'certificate'
      ? signerOf(parseCertificate(signer.der))
      : { type: 'key', publicKey: publicKeyFrom(signer.spki) };
  return new Verified(value, { signer: known, signedAt, logged });
}
