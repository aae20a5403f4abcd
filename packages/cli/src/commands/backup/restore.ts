import { defineCommand } from '../../command.ts';
import { callServer } from '../../server-program.ts';

export const command = defineCommand({
  summary: 'Restore a backup into an empty data directory or database',
  options: {},
  passThrough: true,
  examples: [
    'waybill backup restore --from /backup/monday --data /srv/waybill',
    'waybill backup restore --from /backup/move --data /srv/waybill --continue-log',
  ],
  run: (session, { args }) => callServer(session, ['backup', 'restore', ...args]),
});
