import { createPrivateKey, createPublicKey } from 'node:crypto';
import path from 'node:path';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { readNamed } from '../../files.ts';

export const command = defineCommand({
  summary: 'Register a public key; contracts name it as signer {issuer: urn:waybill:key, subject: NAME}',
  arguments: [{ name: 'NAME', summary: 'Name of the key', required: true }],
  options: { 'public-key': { type: 'string', value: 'FILE', required: true, summary: 'Public key in PEM' } },
  examples: [
    'waybill key add release --public-key cosign.pub',
    'waybill key add ci --public-key key.pub -o json',
  ],
  run: async (session, { options, args }) => {
    const file = options['public-key'];
    const publicKey = publicPemOf(await readNamed(path.resolve(session.cwd, file)), file);
    const { client } = await connect(session);
    const key = await client.addKey({ name: args[0] ?? '', publicKey });
    session.output.data(key, () => `key ${key.name} registered (${key.fingerprint})`);
    return EXIT.ok;
  },
});

/** Only ever a public key leaves this machine: a private one is refused, not converted. */
function publicPemOf(pem: string, file: string): string {
  if (isPrivate(pem)) {
    throw cliError(
      'usage_invalid',
      `${file} is a private key: name its public half (openssl pkey -in ${file} -pubout)`,
    );
  }
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'pem' }).toString();
  } catch (cause) {
    throw cliError('usage_invalid', `${file} is not a public key in PEM (-----BEGIN PUBLIC KEY-----)`, {
      cause,
    });
  }
}

function isPrivate(pem: string): boolean {
  if (/PRIVATE KEY-----/.test(pem)) return true;
  try {
    createPrivateKey(pem);
    return true;
  } catch {
    // What does not parse as a private key cannot be one.
    return false;
  }
}
