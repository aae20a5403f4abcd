import { defineCommand } from '../../command.ts';
import { callServer } from '../../server-program.ts';

export const command = defineCommand({
  summary: 'Copy everything but the master key into a new directory, while the server runs',
  options: {},
  passThrough: true,
  examples: [
    'waybill backup create --to /backup/monday',
    'waybill backup create --to /backup/move --move --data /srv/waybill',
  ],
  run: (session, { args }) => callServer(session, ['backup', 'create', ...args]),
});
