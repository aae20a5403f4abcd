import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { revisionOf } from '../../numbers.ts';
import { table } from '../../output.ts';
import { colourOf } from '../../text.ts';

export const command = defineCommand({
  summary: 'List workflows, with the number of their runs and the state of the last',
  options: {
    project: { type: 'string', value: 'NAME', summary: 'Only of this project' },
    contract: { type: 'string', value: 'NAME', summary: 'Only those that owe this contract' },
    team: { type: 'string', value: 'TEXT', summary: 'Only of this team' },
    name: { type: 'string', value: 'TEXT', summary: 'Only those with this in their name' },
    archived: { type: 'boolean', summary: 'Deleted ones with runs as well' },
    limit: { type: 'string', value: 'N', summary: 'At most this many (200 at most)' },
    cursor: { type: 'string', value: 'TEXT', summary: 'Go on where the page before ended' },
  },
  examples: ['waybill workflow list', 'waybill workflow list --project demo --team core -o json'],
  run: async (session, { options }) => {
    const { client } = await connect(session);
    const { project, contract, team, name, cursor } = options;
    const given = { project, contract, team, name, cursor, limit: revisionOf(options.limit, '--limit', 200) };
    const list = await client.listWorkflows({
      ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Parameters<
        typeof client.listWorkflows
      >[0]),
      ...(options.archived ? { archived: true } : {}),
    });
    const isNarrowed = [project, contract, team, name].some((value) => value !== undefined);
    session.output.data(list, () =>
      list.workflows.length === 0
        ? noneText(isNarrowed, project)
        : table(list.workflows, [
            { title: 'PROJECT', of: (row) => row.project },
            { title: 'WORKFLOW', of: (row) => row.name },
            { title: 'CONTRACT', of: (row) => row.contract },
            { title: 'REVISION', of: (row) => String(row.contractRevision ?? 'in force') },
            { title: 'TEAM', of: (row) => row.team },
            { title: '# RUNS', of: (row) => String(row.runs) },
            {
              title: 'LAST RUN STATUS',
              of: ({ lastRun }) =>
                lastRun === null ? '-' : session.output.paint(colourOf(lastRun.state), lastRun.state),
            },
            { title: 'DESCRIPTION', of: (row) => row.description },
          ]),
    );
    if (list.next !== null && session.output.format === 'table') {
      session.output.note(`more: add --cursor ${list.next}`);
    }
    return EXIT.ok;
  },
});

function noneText(isNarrowed: boolean, project: string | undefined): string {
  if (!isNarrowed) return 'no workflows yet: waybill workflow create makes one';
  return `no workflows${project === undefined ? ' like that' : ` in the project ${project}`}: waybill workflow list shows all`;
}
