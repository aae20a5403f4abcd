/** An unmodified client that a test file of this folder runs against a server. */
export interface Client {
  readonly name: string;
  /** What the client says of itself; tested in its file. */
  readonly version: string;
  /** How it learns where the services are and whom to trust. */
  readonly way: string;
}

/** By test file. What was tried of each are the titles of its tests; docs/reference/interoperability.md shows both. */
export const CLIENTS: Readonly<Record<string, Client>> = {
  'cosign.test.ts': {
    name: 'cosign',
    version: 'v3.1.2',
    way: '`--signing-config` and `--trusted-root` files',
  },
  'sigstore-js.test.ts': {
    name: 'npm `@sigstore/sign` and `@sigstore/verify` of `sigstore` 5.0.1',
    version: '5.1.0 and 4.1.3',
    way: '`bundleBuilderFromSigningConfig` and a trusted root',
  },
  'sigstore-python.test.ts': { name: 'Python `sigstore`', version: '4.5.1', way: '`--trust-config` file' },
  'tuf.test.ts': {
    name: 'cosign, Python `sigstore`, npm `sigstore`',
    version: 'v3.1.2, 4.5.1, 5.0.1',
    way: 'TUF mirror `/tuf` and its root, nothing else',
  },
  'openssl.test.ts': { name: 'OpenSSL', version: '3', way: 'certificates of the trusted root' },
  'pkilint.test.ts': { name: 'pkilint', version: '0.13.3', way: 'certificates of the trusted root' },
};
