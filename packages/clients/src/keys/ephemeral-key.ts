import { generateKeyPairSync } from 'node:crypto';
import { type SigningKey, signingKeyOf } from './signing-key.ts';

/** An ECDSA P-256 key for one keyless signature: it exists in this process only. */
export function generateEphemeralKey(): SigningKey {
  return signingKeyOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ephemeral key');
}
