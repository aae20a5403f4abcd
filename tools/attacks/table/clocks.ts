import type { Attack } from '../attack.ts';
import { SERVER, TESTS } from '../places.ts';

const TIME = `${SERVER}/ground/time`;

export const CLOCKS: readonly Attack[] = [
  {
    attack: 'setting the clock of the server, for a certificate or timestamp of another time',
    defence: 'nothing is dated while the clock has moved against the time that passed',
    file: `${TIME}/clock-guard.ts`,
    without: ['if (Math.abs(movedMs) > toleranceMs) {', 'if (false) {'],
    test: [`${TESTS}/clock.test.ts`, 'stops certificates and timestamps, not the server, until it is back'],
    gain: 'signatures that seem older than a key was revoked, or than a run was',
  },
  {
    attack: 'the same before the server starts',
    defence: 'more than half of the NTP servers must confirm the clock',
    file: `${TIME}/clock-guard.ts`,
    without: ['if (Math.abs(opinion.aheadMs) > toleranceMs) {', 'if (false) {'],
    test: [`${TESTS}/clock.test.ts`, 'that is wrong from the start dates nothing'],
    gain: 'as above',
  },
  {
    attack: 'an answer of NTP by somebody who did not see the question',
    defence: 'the question is 64 random bits, which the answer must repeat',
    file: `${TIME}/ntp.ts`,
    without: ['!isAnswer || !isOurs ||', '!isAnswer ||'],
    test: [`${TIME}/ntp.test.ts`, 'takes no answer to another question'],
    gain: 'a say about the time of the server',
  },
  {
    attack: 'one NTP server of several that lies',
    defence: 'more than half must agree',
    file: `${TIME}/other-clocks.ts`,
    without: ['offsets[quorum - 1]', 'offsets.at(-1)'],
    test: [`${TIME}/ntp.test.ts`, 'believes more than half of the servers against the others'],
    gain: 'a server that signs nothing, or with another that it signs at a wrong time',
  },
];
