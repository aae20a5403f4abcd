import type { Scope } from '@waybill/api';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { secondsOf } from '../../numbers.ts';

export const command = defineCommand({
  summary: 'Create an API token; its text is shown once and never again',
  options: {
    name: { type: 'string', value: 'NAME', required: true, summary: 'Name of the token' },
    role: {
      type: 'string',
      value: 'ROLE',
      choices: ['owner', 'admin', 'member', 'viewer'],
      summary: 'owner, admin, member (default) or viewer',
    },
    project: { type: 'string', value: 'NAME', summary: 'Only for this project' },
    workflow: { type: 'string', value: 'NAME', summary: 'Only for this workflow of the project' },
    expires: { type: 'string', value: 'DURATION', summary: 'Lifetime, e.g. 12h or 90d; without it no end' },
  },
  examples: [
    'waybill token create --name ci-build --project demo --workflow build --expires 90d > token.txt',
    'waybill token create --name reader --role viewer -o json',
  ],
  run: async (session, { options }) => {
    const scope = scopeOf(options.project, options.workflow);
    const expiresInSeconds =
      options.expires === undefined ? undefined : secondsOf(options.expires, '--expires');
    const { client } = await connect(session);
    const created = await client.createToken({
      name: options.name,
      role: roleOf(options.role),
      ...(scope === undefined ? {} : { scope }),
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    });
    session.output.note(`token ${created.token.name} created; keep it now, it is not shown again`);
    session.output.data(created, () => created.secret);
    return EXIT.ok;
  },
});

type Role = 'owner' | 'admin' | 'member' | 'viewer';

function roleOf(text: string | undefined): Role {
  return (text ?? 'member') as Role;
}

function scopeOf(project: string | undefined, workflow: string | undefined): Scope | undefined {
  if (project === undefined) {
    if (workflow === undefined) return undefined;
    throw cliError('usage_missing', '--workflow needs --project: a workflow belongs to a project');
  }
  return workflow === undefined ? { type: 'project', project } : { type: 'workflow', project, workflow };
}
