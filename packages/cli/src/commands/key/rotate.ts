import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { publicPemIn } from '../../public-pem.ts';
import { secondsOf } from '../../numbers.ts';

export const command = defineCommand({
  summary: 'Give a registered key a successor under its name; both count for a while',
  arguments: [{ name: 'NAME', summary: 'Name of the key', required: true }],
  options: {
    'public-key': { type: 'string', value: 'FILE', required: true, summary: 'The successor in PEM' },
    reference: { type: 'string', value: 'URI', summary: 'Where a key service keeps it: awskms:///…' },
    overlap: { type: 'string', value: 'DURATION', required: true, summary: 'How long both count: 7d' },
  },
  examples: [
    'waybill key rotate release --public-key next.pub --overlap 7d',
    'waybill key rotate release --public-key next.pub --reference awskms:///alias/release-2 --overlap 24h -o json',
  ],
  run: async (session, { options, args: [name = ''] }) => {
    const publicKey = await publicPemIn(session, options['public-key']);
    const overlapSeconds = secondsOf(options.overlap, '--overlap');
    const { reference } = options;
    const { client } = await connect(session);
    const key = await client.rotateKey(name, {
      publicKey,
      overlapSeconds,
      ...(reference === undefined ? {} : { reference }),
    });
    session.output.data(
      key,
      () => `key ${key.name} is now ${key.fingerprint}; the former one counts for another ${options.overlap}`,
    );
    return EXIT.ok;
  },
});
