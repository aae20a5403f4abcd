import type { Key } from '@waybill/api';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { table } from '../../output.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'List registered public keys',
  options: {},
  examples: ['waybill key list', 'waybill key list -o json'],
  run: async (session) => {
    const { client } = await connect(session);
    const list = await client.listKeys();
    session.output.data(list, () =>
      list.keys.length === 0
        ? 'no keys registered: waybill key add NAME --public-key FILE registers one'
        : table(list.keys, [
            { title: 'NAME', of: (row) => row.name },
            { title: 'FINGERPRINT', of: (row) => row.fingerprint },
            { title: 'REGISTERED', of: (row) => timeText(row.createdAt) },
            { title: 'COUNTS', of: countsText },
            { title: 'REFERENCE', of: (row) => row.reference ?? '-' },
          ]),
    );
    return EXIT.ok;
  },
});

function countsText({ validUntil, revokedAt, revocation, compromisedSince }: Key): string {
  if (revocation === 'compromised') {
    return compromisedSince === null
      ? 'never: compromised'
      : `compromised since ${timeText(compromisedSince)}`;
  }
  if (revokedAt !== null) return `revoked ${timeText(revokedAt)}`;
  return validUntil === null ? 'yes' : `until ${timeText(validUntil)}`;
}
