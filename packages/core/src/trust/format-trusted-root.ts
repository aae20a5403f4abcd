import { toBase64 } from '../bytes/index.ts';
import { spkiOf } from '../crypto.ts';
import {
  type CertificateAuthority,
  TRUSTED_ROOT_MEDIA_TYPE,
  type TransparencyLog,
  type TrustedRoot,
  type ValidityPeriod,
} from './trusted-root.ts';

/** The trusted root as JSON (protojson) that any Sigstore client reads. */
export function formatTrustedRoot(root: TrustedRoot): string {
  return JSON.stringify({
    mediaType: TRUSTED_ROOT_MEDIA_TYPE,
    tlogs: root.tlogs.map(logJson),
    certificateAuthorities: root.certificateAuthorities.map(authorityJson),
    ctlogs: root.ctlogs.map(logJson),
    timestampAuthorities: root.timestampAuthorities.map(authorityJson),
  });
}

function logJson(log: TransparencyLog) {
  return {
    baseUrl: log.baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: toBase64(spkiOf(log.publicKey)),
      keyDetails: log.keyDetails,
      validFor: periodJson(log.validFor),
    },
    logId: { keyId: toBase64(log.logId) },
    ...(log.checkpointKeyId ? { checkpointKeyId: { keyId: toBase64(log.checkpointKeyId) } } : {}),
  };
}

function authorityJson(authority: CertificateAuthority) {
  return {
    subject: { organization: authority.organization, commonName: authority.commonName },
    uri: authority.uri,
    certChain: { certificates: authority.certificates.map(({ der }) => ({ rawBytes: toBase64(der) })) },
    validFor: periodJson(authority.validFor),
  };
}

function periodJson({ start, end }: ValidityPeriod) {
  return { ...(start ? { start: start.toISOString() } : {}), ...(end ? { end: end.toISOString() } : {}) };
}
