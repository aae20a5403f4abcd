import { utf8 } from '@waybill/core/bytes';
import { spkiOf } from '@waybill/core/crypto';
import {
  type CertificateAuthority,
  formatTrustedRoot,
  type TransparencyLog,
  type TrustedRoot,
  type TufTarget,
} from '@waybill/core/trust';
import { formatPem } from '@waybill/core/x509';

export interface TufDocuments {
  readonly publicUrl: string;
  readonly trustedRoot: TrustedRoot;
  readonly signingConfig: object;
}

/**
 * What the repository carries: the two documents that present clients read, and for older ones each key or chain by
 * itself, with the `custom.sigstore` by which they find it (sigstore/root-signing, targets.json).
 */
export function tufTargetsOf(documents: TufDocuments): readonly TufTarget[] {
  const { trustedRoot, signingConfig } = documents;
  return [
    { name: 'trusted_root.json', bytes: utf8(formatTrustedRoot(trustedRoot)) },
    { name: 'signing_config.v0.2.json', bytes: utf8(JSON.stringify(signingConfig)) },
    ...legacyTargets(documents),
  ];
}

type Usage = 'Rekor' | 'CTFE' | 'Fulcio' | 'TSA';
type Status = 'Active' | 'Expired';

function legacyTargets({ publicUrl, trustedRoot }: TufDocuments): readonly TufTarget[] {
  const { tlogs, ctlogs, certificateAuthorities, timestampAuthorities } = trustedRoot;
  // Older clients take all targets of the usage TSA for one chain.
  const [timestampAuthority] = timestampAuthorities;
  return [
    ...named(tlogs.toReversed(), 'rekor.pub').map(([name, log]) =>
      legacyTarget(name, keyPem(log), custom('Rekor', statusOf(log), publicUrl)),
    ),
    ...named(ctlogs.toReversed(), 'ctfe.pub').map(([name, log]) =>
      legacyTarget(name, keyPem(log), custom('CTFE', statusOf(log), publicUrl)),
    ),
    ...named(certificateAuthorities, 'fulcio.crt.pem').map(([name, authority]) =>
      legacyTarget(name, chainPem(authority), custom('Fulcio', 'Active', authority.uri)),
    ),
    ...named(timestampAuthority ? [timestampAuthority] : [], 'tsa.crt.pem').map(([name, authority]) =>
      legacyTarget(name, chainPem(authority), custom('TSA', 'Active', authority.uri)),
    ),
  ];
}

/** The first, which is the newest, has the plain name. */
function named<T>(items: readonly T[], name: string): readonly (readonly [string, T])[] {
  return items.map((item, at) => [at === 0 ? name : name.replace('.', `-${items.length - at}.`), item]);
}

function legacyTarget(name: string, text: string, sigstore: object): TufTarget {
  return { name, bytes: utf8(text), custom: { sigstore } };
}

function custom(usage: Usage, status: Status, uri: string): object {
  return { usage, status, uri };
}

function statusOf(log: TransparencyLog): Status {
  return log.validFor.end === null ? 'Active' : 'Expired';
}

function keyPem(log: TransparencyLog): string {
  return formatPem('PUBLIC KEY', spkiOf(log.publicKey));
}

function chainPem(authority: CertificateAuthority): string {
  return authority.certificates.map(({ der }) => formatPem('CERTIFICATE', der)).join('');
}
