import type { AddIssuer } from '@waybill/api';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';

export const command = defineCommand({
  summary: 'Let tokens of an issuer sign: its URL, or the name of a well-known one (github, gitlab, …)',
  arguments: [
    { name: 'URL', summary: 'Issuer as its tokens state it, or a well-known name', required: true },
  ],
  options: {
    kind: {
      type: 'string',
      value: 'KIND',
      summary: 'github, gitlab, email, username, uri, spiffe, kubernetes, …; known for well-known issuers',
    },
    'subject-domain': {
      type: 'string',
      value: 'DOMAIN',
      summary: 'Domain of the subjects: https://example.com for uri, example.com for username',
    },
    'trust-domain': { type: 'string', value: 'DOMAIN', summary: 'Trust domain of the kind spiffe' },
  },
  examples: [
    'waybill issuer add github',
    'waybill issuer add https://gitlab.example.com --kind gitlab -o json',
  ],
  run: async (session, { options, args }) => {
    const { client } = await connect(session);
    const { presets } = await client.listIssuerPresets();
    const named = args[0] ?? '';
    const preset = presets.find(({ url, kind }) => url === named || (kind !== 'email' && kind === named));
    const kind = (options.kind ?? preset?.kind) as AddIssuer['kind'] | undefined;
    if (kind === undefined) {
      throw cliError('usage_invalid', `${named} is not well known: say with --kind what its tokens name`);
    }
    const subjectDomain = options['subject-domain'];
    const trustDomain = options['trust-domain'];
    const issuer = await client.addIssuer({
      url: preset?.url ?? named,
      kind,
      ...(subjectDomain === undefined ? {} : { subjectDomain }),
      ...(trustDomain === undefined ? {} : { trustDomain }),
    });
    session.output.data(issuer, () => `tokens of ${issuer.url} sign from now on (${issuer.kind})`);
    return EXIT.ok;
  },
});
