import type { Attack } from '../attack.ts';

const FETCH = 'packages/cli/src/commands/trust/fetch.ts';
const TRUST = 'packages/cli/test/trust.test.ts';

export const MIRRORS: readonly Attack[] = [
  {
    attack: 'another root in place of the one that was handed over',
    defence: 'its SHA-256 is compared with the one that came another way',
    file: FETCH,
    without: ['if (found === wanted.toLowerCase()) return;', 'if (found !== wanted) return;'],
    test: [TRUST, 'does not begin with another root than the one expected'],
    gain: 'a trusted root of the attacker',
  },
  {
    attack: 'a mirror that shows an earlier state again, from before an authority was given up',
    defence: 'the newest metadata that was seen is kept, for each root and mirror',
    file: FETCH,
    without: ['{ mirror, root, stateDir: state }', '{ mirror, root, stateDir: `${state}-${process.pid}` }'],
    test: [TRUST, 'remembers what a mirror has shown, and is not taken back'],
    gain: 'signatures of a stolen key that the owner has withdrawn',
  },
];
