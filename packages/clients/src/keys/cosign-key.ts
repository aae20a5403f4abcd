import { createPrivateKey, type KeyObject, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { isCoded } from '@waybill/core';
import { Fields, fromBase64, parseJson } from '@waybill/core/bytes';
import { pemBlocks } from '@waybill/core/x509';
import { keyError } from './errors.ts';

const LABELS = ['ENCRYPTED SIGSTORE PRIVATE KEY', 'ENCRYPTED COSIGN PRIVATE KEY'];

export function isCosignLabel(label: string): boolean {
  return LABELS.includes(label);
}

/** The PEM's content: scrypt makes the key that a NaCl secretbox is opened with (go-securesystemslib encrypted). */
interface Box {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * The private key of a file that `cosign generate-key-pair` or `import-key-pair` wrote. Throws `key_unsupported`
 * for other parameters than cosign's kind, `key_passphrase_wrong`.
 */
export async function openCosignKey(pem: string, name: string, passphrase: string): Promise<KeyObject> {
  const box = readBox(pem, name);
  const secret = await derive(passphrase, box);
  // Loaded only here: few signatures are made with such a key.
  const { secretbox } = await import('@noble/ciphers/salsa.js');
  let der: Uint8Array;
  try {
    der = secretbox(secret, box.nonce).open(box.ciphertext);
  } catch (cause) {
    throw keyError('key_passphrase_wrong', `${name}: the passphrase does not open it, or it is damaged`, {
      cause,
    });
  }
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw keyError('key_unsupported', `${name}: what it encrypts is no private key`, { cause });
  } finally {
    der.fill(0);
  }
}

/** cosign takes N up to 65,536 with r = 8: a file that asks for more memory than that is not its own. */
const MAX_SCRYPT_BYTES = 64 * 1024 * 1024;

function readBox(pem: string, name: string): Box {
  try {
    const label = LABELS.find((one) => pem.includes(`-----BEGIN ${one}-----`)) ?? '';
    const fields = new Fields(parseJson(pemBlocks(pem, label)[0] ?? '', 'key'), 'key');
    const kdf = fields.object('kdf');
    const cipher = fields.object('cipher');
    if (kdf.string('name') !== 'scrypt' || cipher.string('name') !== 'nacl/secretbox') {
      throw unsupported(name, 'it is not encrypted by scrypt and nacl/secretbox');
    }
    const params = kdf.object('params');
    const [N, r, p] = [params.integer('N'), params.integer('r'), params.integer('p')];
    const nonce = fromBase64(cipher.string('nonce'), 'key.cipher.nonce');
    const isPower = N >= 2 && N <= 2 ** 20 && Number.isInteger(Math.log2(N));
    if (!isPower || r < 1 || p !== 1 || 128 * N * r > MAX_SCRYPT_BYTES || nonce.length !== 24) {
      throw unsupported(name, 'its scrypt parameters or its nonce are not those that cosign writes');
    }
    const salt = fromBase64(kdf.string('salt'), 'key.kdf.salt');
    return { N, r, p, salt, nonce, ciphertext: fromBase64(fields.string('ciphertext'), 'key.ciphertext') };
  } catch (cause) {
    if (!isCoded(cause) || cause.code === 'key_unsupported') throw cause;
    throw unsupported(name, `damaged (${cause.message})`, cause);
  }
}

async function derive(passphrase: string, { N, r, p, salt }: Box): Promise<Uint8Array> {
  const work: (text: string, salt: Uint8Array, length: number, options: object) => Promise<Buffer> =
    promisify(scrypt);
  return work(passphrase, salt, 32, { N, r, p, maxmem: 2 * MAX_SCRYPT_BYTES });
}

function unsupported(name: string, problem: string, cause?: unknown) {
  return keyError('key_unsupported', `${name}: not a key file of cosign that can be read: ${problem}`, {
    cause,
  });
}
