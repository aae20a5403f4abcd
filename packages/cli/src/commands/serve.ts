import { defineCommand } from '../command.ts';
import { callServer } from '../server-program.ts';

export const command = defineCommand({
  summary: 'Run the server; every option goes to it',
  options: {},
  passThrough: true,
  examples: ['waybill serve', 'waybill serve --listen 0.0.0.0:7070 --data /srv/waybill'],
  run: (session, { args }) => callServer(session, args),
});
