import { Fields, fromBase64, parseJson } from '../bytes/index.ts';
import { publicKeyFrom } from '../crypto.ts';
import { CodedError, isCoded } from '../errors.ts';
import { type Certificate, parseCertificate, publicKeyFromPkcs1 } from '../x509/index.ts';
import { readPeriod } from './period.ts';
import {
  type CertificateAuthority,
  TRUSTED_ROOT_MEDIA_TYPE,
  type TransparencyLog,
  type TrustedRoot,
} from './trusted-root.ts';

const MAX_ROOT_BYTES = 8 * 1024 * 1024;
const MAX_LIST_LENGTH = 256;

/** A trusted root in protojson. Throws `trust_root_invalid`. Where it came from is the caller's business. */
export function parseTrustedRoot(input: Uint8Array | string): TrustedRoot {
  try {
    return readTrustedRoot(
      new Fields(parseJson(input, 'trusted root', { maxBytes: MAX_ROOT_BYTES }), 'trustedRoot'),
    );
  } catch (cause) {
    if (!isCoded(cause) || cause.code === 'trust_root_invalid') throw cause;
    throw invalid(cause.message, cause);
  }
}

function readTrustedRoot(fields: Fields): TrustedRoot {
  const mediaType = fields.string('mediaType');
  if (mediaType !== TRUSTED_ROOT_MEDIA_TYPE) {
    throw invalid(
      `mediaType: expected ${TRUSTED_ROOT_MEDIA_TYPE}, found ${JSON.stringify(mediaType.slice(0, 200))}`,
    );
  }
  return Object.freeze({
    tlogs: list(fields, 'tlogs').map(readLog),
    ctlogs: list(fields, 'ctlogs').map(readLog),
    certificateAuthorities: list(fields, 'certificateAuthorities').map(readAuthority),
    timestampAuthorities: list(fields, 'timestampAuthorities').map(readAuthority),
  });
}

function readLog(fields: Fields): TransparencyLog {
  const key = fields.object('publicKey');
  const checkpointKeyId = fields.optionalObject('checkpointKeyId');
  return Object.freeze({
    baseUrl: fields.optionalString('baseUrl') ?? '',
    ...readKey(key),
    validFor: readLogPeriod(key),
    logId: bytes(fields.object('logId'), 'keyId'),
    ...(checkpointKeyId ? { checkpointKeyId: bytes(checkpointKeyId, 'keyId') } : {}),
  });
}

// The one kind of key that is not a SubjectPublicKeyInfo; it becomes one here, under its other name.
function readKey(key: Fields): Pick<TransparencyLog, 'publicKey' | 'keyDetails'> {
  const keyDetails = key.string('keyDetails');
  const raw = bytes(key, 'rawBytes');
  return keyDetails === 'PKCS1_RSA_PKCS1V5'
    ? { publicKey: publicKeyFromPkcs1(raw), keyDetails: 'PKIX_RSA_PKCS1V5' }
    : { publicKey: publicKeyFrom(raw), keyDetails };
}

// sigstore_trustroot.proto: the start is required for logs. A missing one must not read as "since ever".
function readLogPeriod(key: Fields): TransparencyLog['validFor'] {
  const { start, end } = readPeriod(key);
  if (start) return { start, end };
  throw invalid(`${key.at}.validFor.start: expected a time; a log's key is valid from a stated moment only`);
}

function readAuthority(fields: Fields): CertificateAuthority {
  const subject = fields.optionalObject('subject');
  return Object.freeze({
    organization: subject?.optionalString('organization') ?? '',
    commonName: subject?.optionalString('commonName') ?? '',
    uri: fields.optionalString('uri') ?? '',
    certificates: readCertificates(fields.object('certChain')),
    validFor: readPeriod(fields),
  });
}

function readCertificates(chain: Fields): readonly [Certificate, ...Certificate[]] {
  const [first, ...others] = list(chain, 'certificates').map((item) =>
    parseCertificate(bytes(item, 'rawBytes')),
  );
  if (!first) throw invalid(`${chain.at}.certificates: expected at least one certificate`);
  return [first, ...others];
}

function list(fields: Fields, key: string): readonly Fields[] {
  const items = fields.has(key) ? fields.objects(key) : [];
  if (items.length > MAX_LIST_LENGTH)
    throw invalid(`${fields.at}.${key}: more than ${MAX_LIST_LENGTH} items`);
  return items;
}

function bytes(fields: Fields, key: string): Uint8Array {
  return fromBase64(fields.string(key), `${fields.at}.${key}`);
}

function invalid(problem: string, cause?: unknown): CodedError<'trust_root_invalid'> {
  return new CodedError('trust_root_invalid', `not a valid trusted root: ${problem}`, { cause });
}
