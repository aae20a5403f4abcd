import { defineCommand } from '../../command.ts';
import { callServer } from '../../server-program.ts';

export const command = defineCommand({
  summary: 'Compare a backup with its checksums, and with the master key where there is one',
  options: {},
  passThrough: true,
  examples: [
    'waybill backup verify --from /backup/monday',
    'WAYBILL_MASTER_KEY_FILE=/safe/master.key waybill backup verify --from /backup/monday',
  ],
  run: (session, { args }) => callServer(session, ['backup', 'verify', ...args]),
});
