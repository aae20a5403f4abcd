import type { EXIT } from './exit.ts';

export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done; for a question: yes',
  error: 'something went wrong; see the code in the message',
  usage: 'the command line is wrong; nothing was done',
  notVerified: 'a signature, certificate, log proof or expectation does not hold',
  refused: 'everything is genuine, but the answer is no: verdict FAILED, gate `deny`',
  interrupted: 'ended by a signal; what was begun is cleaned up',
};
