import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';

export const command = defineCommand({
  summary:
    'Revoke a registered key: what a timestamp proves to be signed before still counts, of a compromised key nothing',
  arguments: [{ name: 'NAME', summary: 'Name of the key', required: true }],
  options: {
    compromised: {
      type: 'boolean',
      summary: 'Somebody else may have signed with it: verdicts on its signatures are withdrawn too',
    },
    since: {
      type: 'string',
      value: 'TIME',
      summary: 'With --compromised: what was signed and judged before still counts (2026-01-31T12:00:00Z)',
    },
    fingerprint: { type: 'string', value: 'SHA256', summary: 'Which of several keys under the name' },
  },
  examples: [
    'waybill key revoke release',
    'waybill key revoke release --compromised --since 2026-01-31T12:00:00Z -o json',
  ],
  run: async (session, { options, args: [name = ''] }) => {
    const { compromised, fingerprint } = options;
    if (options.since !== undefined && !compromised) {
      throw cliError(
        'usage_invalid',
        '--since goes with --compromised: a key is otherwise revoked from now on',
      );
    }
    const { client } = await connect(session);
    const key = await client.revokeKey(name, {
      revocation: compromised ? 'compromised' : 'retired',
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(options.since === undefined ? {} : { since: timeOf(options.since) }),
    });
    session.output.data(
      key,
      () => `key ${key.name} (${key.fingerprint}) is revoked: ${key.revocation ?? ''}`,
    );
    return EXIT.ok;
  },
});

function timeOf(text: string): string {
  const time = new Date(text);
  if (/^\d{4}-\d{2}-\d{2}T.*Z$/.test(text) && !Number.isNaN(time.getTime())) return time.toISOString();
  throw cliError(
    'usage_invalid',
    `--since: expected a time such as 2026-01-31T12:00:00Z, found ${JSON.stringify(text)}`,
  );
}
