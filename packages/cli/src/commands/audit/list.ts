import type { AuditQuery } from '@waybill/api';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { revisionOf } from '../../numbers.ts';
import { table } from '../../output.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'List what was done, newest first',
  options: {
    action: { type: 'string', value: 'NAME', summary: 'Only this action, e.g. identity.create-token' },
    actor: { type: 'string', value: 'NAME', summary: 'Only by this actor, e.g. token:<id>' },
    outcome: {
      type: 'string',
      value: 'OUTCOME',
      choices: ['ok', 'refused', 'failed'],
      summary: 'ok, refused or failed',
    },
    limit: { type: 'string', value: 'N', summary: 'At most this many (200 at most)' },
    before: { type: 'string', value: 'ID', summary: 'Go on where the page before ended' },
  },
  examples: ['waybill audit list', 'waybill audit list --outcome refused --limit 20 -o json'],
  run: async (session, { options }) => {
    const { action, actor, outcome } = options;
    const limit = revisionOf(options.limit, '--limit', 200);
    const before = revisionOf(options.before, '--before');
    const query: AuditQuery = {
      ...(action === undefined ? {} : { action }),
      ...(actor === undefined ? {} : { actor }),
      ...(outcome === undefined ? {} : { outcome: outcome as NonNullable<AuditQuery['outcome']> }),
      ...(limit === undefined ? {} : { limit }),
      ...(before === undefined ? {} : { before }),
    };
    const { client } = await connect(session);
    const page = await client.listAudit(query);
    session.output.data(page, () =>
      page.rows.length === 0
        ? 'no rows'
        : table(page.rows, [
            { title: 'TIME', of: (row) => timeText(row.at) },
            { title: 'ACTOR', of: (row) => row.actor },
            { title: 'ACTION', of: (row) => row.action },
            { title: 'TARGET', of: (row) => row.target },
            { title: 'OUTCOME', of: (row) => row.outcome },
            { title: 'ENTRY', of: (row) => (row.link === null ? '-' : String(row.link.sequence)) },
          ]),
    );
    if (page.next !== null && session.output.format === 'table') {
      session.output.note(`more: add --before ${page.next}`);
    }
    return EXIT.ok;
  },
});
