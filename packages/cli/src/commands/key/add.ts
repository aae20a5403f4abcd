import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { publicPemIn } from '../../public-pem.ts';

export const command = defineCommand({
  summary: 'Register a public key; contracts name it as signer {issuer: urn:waybill:key, subject: NAME}',
  arguments: [{ name: 'NAME', summary: 'Name of the key', required: true }],
  options: {
    'public-key': {
      type: 'string',
      value: 'FILE',
      required: true,
      summary: 'Public key in PEM, or a certificate that holds it',
    },
    reference: {
      type: 'string',
      value: 'URI',
      summary: 'Where a key service keeps it: awskms:///…, which contracts may name too',
    },
  },
  examples: [
    'waybill key add release --public-key cosign.pub',
    'waybill key add ci --public-key key.pub -o json',
  ],
  run: async (session, { options, args }) => {
    const publicKey = await publicPemIn(session, options['public-key']);
    const { reference } = options;
    const { client } = await connect(session);
    const key = await client.addKey({
      name: args[0] ?? '',
      publicKey,
      ...(reference === undefined ? {} : { reference }),
    });
    session.output.data(key, () => `key ${key.name} registered (${key.fingerprint})`);
    return EXIT.ok;
  },
});
