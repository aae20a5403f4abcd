import { defineCommand } from '../../command.ts';
import { callServer } from '../../server-program.ts';

export const command = defineCommand({
  summary: 'Adopt copied data: say whether its transparency logs go on here, or end',
  options: {},
  passThrough: true,
  examples: [
    'waybill trust log adopt --freeze --data /srv/waybill',
    'waybill trust log adopt --continue --data /srv/waybill',
  ],
  run: (session, { args }) => callServer(session, ['log', ...args]),
});
