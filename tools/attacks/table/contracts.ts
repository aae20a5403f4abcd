import type { Attack } from '../attack.ts';

const CORE = 'packages/core/src/contract';
const CLI = 'packages/cli';

/** A contract that asks less than its reader believes. */
export const CONTRACTS: readonly Attack[] = [
  {
    attack: 'a server on the way that takes a contract from https to http',
    defence: 'no redirect of ours leads from https to http',
    file: 'packages/clients/src/http/create-fetch.ts',
    without: [
      "if (from.protocol === 'https:' && to.protocol !== 'https:') {",
      "if (from.protocol === 'https:' && to.protocol === 'gopher:') {",
    ],
    test: ['packages/clients/src/http/create-fetch.test.ts', 'never goes from https to http'],
    gain: 'a contract of the attacker, applied by an admin',
  },
  {
    attack: 'a contract from an http:// address, or a password in the URL of a log',
    defence: 'contracts are fetched from https:// without a password only',
    file: `${CLI}/src/contract-source.ts`,
    without: ["if (url?.protocol !== 'https:' || url.username", 'if (url === null || url.username'],
    test: [
      `${CLI}/test/contract.test.ts`,
      'is not fetched in the clear, with a password, or by another scheme',
    ],
    gain: 'as above',
  },
  {
    attack: 'one contract twice in a file, so that the second takes the place of the one that was reviewed',
    defence: 'each name stands once in a file',
    file: `${CORE}/parse.ts`,
    without: ['if (name !== null && names.has(name)) {', "if (name === '') {"],
    test: [`${CORE}/lint.test.ts`, 'wants a name for each document of a file, and each name once'],
    gain: 'a laxer contract behind a long file',
  },
];
