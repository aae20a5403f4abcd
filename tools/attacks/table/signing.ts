import type { Attack } from '../attack.ts';

const SIGSTORE = 'packages/clients/src/sigstore/sigstore.test.ts';
const KEYS = 'packages/clients/src/keys/load-key.test.ts';

export const SIGNING: readonly Attack[] = [
  {
    attack: 'a trust service whose answer never ends',
    defence: 'the limit holds while the answer is read',
    file: 'packages/core/src/bytes/read-at-most.ts',
    without: ['    if (sizeBytes > maxBytes) throw tooLarge();\n', ''],
    test: [SIGSTORE, 'is cut off by timestampOf while it is read'],
    gain: 'the memory of the machine that signs',
  },
  {
    attack: "a key file of cosign's form that asks scrypt for gigabytes",
    defence: 'no more memory than cosign itself asks for',
    file: 'packages/clients/src/keys/cosign-key.ts',
    without: ['p !== 1 || 128 * N * r > MAX_SCRYPT_BYTES || ', ''],
    test: [KEYS, 'refuses a key file of cosign that asks for more memory or work than cosign writes'],
    gain: 'the memory and time of the machine that signs',
  },
];
