import { type HashName, type KeyObject, publicKeyFrom } from '../crypto.ts';
import { uncompressedPoint } from './curves.ts';
import { tlogFormatError } from './errors.ts';

/** How a kind of key signs. `prehash`: its signature can be checked over the digest alone. */
export interface KeyDetails {
  /** protobuf-specs PublicKeyDetails. */
  readonly name: string;
  readonly number: number;
  readonly hash: HashName;
  readonly prehash: boolean;
}

const ALL: readonly (KeyDetails & { readonly key: string })[] = [
  { name: 'PKIX_ECDSA_P256_SHA_256', number: 5, hash: 'sha256', prehash: true, key: 'ec prime256v1' },
  { name: 'PKIX_ECDSA_P384_SHA_384', number: 12, hash: 'sha384', prehash: true, key: 'ec secp384r1' },
  { name: 'PKIX_ECDSA_P521_SHA_512', number: 13, hash: 'sha512', prehash: true, key: 'ec secp521r1' },
  { name: 'PKIX_RSA_PKCS1V15_2048_SHA256', number: 9, hash: 'sha256', prehash: true, key: 'rsa 2048' },
  { name: 'PKIX_RSA_PKCS1V15_3072_SHA256', number: 10, hash: 'sha256', prehash: true, key: 'rsa 3072' },
  { name: 'PKIX_RSA_PKCS1V15_4096_SHA256', number: 11, hash: 'sha256', prehash: true, key: 'rsa 4096' },
  // These sign the message itself; the log holds the SHA-512 of it only as the name of what was signed.
  { name: 'PKIX_ED25519', number: 7, hash: 'sha512', prehash: false, key: 'ed25519' },
  { name: 'ML_DSA_44', number: 23, hash: 'sha512', prehash: false, key: 'ml-dsa-44' },
  { name: 'ML_DSA_65', number: 21, hash: 'sha512', prehash: false, key: 'ml-dsa-65' },
  { name: 'ML_DSA_87', number: 22, hash: 'sha512', prehash: false, key: 'ml-dsa-87' },
];

/** The details that go with a key, or with its SubjectPublicKeyInfo. Throws `tlog_key_unsupported`, `crypto_public_key`. */
export function keyDetailsOf(given: KeyObject | Uint8Array): KeyDetails {
  const curve = given instanceof Uint8Array ? uncompressedPoint(given)?.curve.name : undefined;
  const known = curve === undefined ? undefined : ALL.find(({ key }) => key === `ec ${curve}`);
  if (known !== undefined) return known;
  const key = given instanceof Uint8Array ? publicKeyFrom(given) : given;
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const wanted = [key.asymmetricKeyType, namedCurve ?? modulusLength]
    .filter((part) => part !== undefined)
    .join(' ');
  const found = ALL.find((details) => details.key === wanted);
  if (found) return found;
  throw tlogFormatError(
    'tlog_key_unsupported',
    `keys of kind "${wanted}" cannot be logged: use ECDSA P-256, P-384, P-521 or RSA of 2048, 3072, 4096 bits`,
  );
}

/** The name of the enum value that a protojson document gives as a number or as its name; undefined when unknown. */
export function keyDetailsName(value: string | number): string | undefined {
  return ALL.find((details) => details.name === value || details.number === value)?.name;
}
