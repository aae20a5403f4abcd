import type { Attack } from '../attack.ts';
import { HTTP, SERVER } from '../places.ts';

export const PATHS: readonly Attack[] = [
  {
    attack: 'a blob key that climbs out of the store',
    defence: 'segments of a small alphabet, none beginning with a dot',
    file: `${SERVER}/ground/drivers/blob-driver.ts`,
    without: ['const SEGMENT = /^[a-z0-9_-][a-z0-9._-]*$/;', 'const SEGMENT = /^[a-z0-9._-]*$/;'],
    test: [`${SERVER}/ground/drivers/file-system.test.ts`, 'lets no key out of the store'],
    gain: 'files of the server, the master key first',
  },
  {
    attack: 'NUL in a URL',
    defence: 'refused before a room sees it',
    file: HTTP,
    without: ['if (!/%00|\\0/.test(request.url)) return', "if (request.url !== '') return"],
    test: [
      `${SERVER}/ground/http/http.test.ts`,
      'lets no URL with a NUL come to a handler, wherever it stands',
    ],
    gain: 'errors of the database, which never learned about it',
  },
  {
    attack: 'the name of an attestation that leads out of the directory of the CLI',
    defence: 'names of a small alphabet',
    file: 'packages/cli/src/state.ts',
    without: ['if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) {', "if (name === '') {"],
    test: ['packages/cli/src/state.test.ts', 'refuses names that leave the directory'],
    gain: 'files of the pipeline overwritten',
  },
];
