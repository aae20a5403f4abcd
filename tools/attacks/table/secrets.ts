import type { Attack } from '../attack.ts';
import { SERVER, TESTS, TOKENS } from '../places.ts';

export const SECRETS: readonly Attack[] = [
  {
    attack: 'measuring how long the comparison of a token takes',
    defence: 'hashes are compared, in constant time',
    file: `${SERVER}/identity/authenticate.ts`,
    without: ['!timingSafeEqual(row.hash, hash)', 'Buffer.compare(row.hash, hash) !== 0'],
    test: [TOKENS, 'compares hashes in constant time, and a token with nothing'],
    gain: 'a token, byte by byte',
  },
  {
    attack: 'reading the database or its backup',
    defence: 'of a token only the SHA-256 is stored',
    file: `${SERVER}/identity/api-token.ts`,
    without: ['return sha256(utf8(text));', 'return utf8(text);'],
    test: [TOKENS, 'stores only the hash of a token'],
    gain: 'every token',
  },
  {
    attack: 'reading the log, after people pasted secrets where they do not belong',
    defence: 'what is or looks like a secret is hidden in every line',
    file: `${SERVER}/ground/log/log.ts`,
    without: ['present(withoutSecrets(line))', 'present(line)'],
    test: [`${TESTS}/secrets.test.ts`, 'of no kind is in the log, whatever is done with it'],
    gain: 'API, ID and registry tokens of others',
  },
  {
    attack: 'provoking an error that tells about the inside',
    defence: 'the text of an unforeseen error stays in the log',
    file: `${SERVER}/ground/http/problems.ts`,
    without: ['something went wrong on our side;', '${messageOf(error)};'],
    test: [
      `${SERVER}/ground/http/http.test.ts`,
      'hides the text of everything that nobody mapped, and logs it',
    ],
    gain: 'SQL, paths and addresses of the server',
  },
  {
    attack: 'telling unknown tokens from malformed ones',
    defence: 'one answer for both',
    file: `${SERVER}/identity/authenticate.ts`,
    without: [
      'if (!isApiToken(text)) throw unknownToken();',
      "if (!isApiToken(text)) throw unauthenticated('This is no API token.');",
    ],
    test: [TOKENS, 'answers an unknown token and a malformed one alike'],
    gain: 'the form that a guess must have',
  },
  {
    attack: 'a tenant that reads /metrics from elsewhere',
    defence: 'a token of its own, compared in constant time',
    file: `${SERVER}/ground/http/metrics.ts`,
    without: [
      'return !behindProxy && isFromThisMachine(request);',
      'return !behindProxy || isFromThisMachine(request);',
    ],
    test: [`${TESTS}/metrics.test.ts`, 'takes the metrics token and no API token from elsewhere'],
    gain: 'figures of all organisations',
  },
  {
    attack: 'giving the key of one TUF role to another in the database',
    defence: 'a key is sealed for its role',
    file: `${SERVER}/trust/tuf-keys.ts`,
    without: [
      'return `trust tuf ${role} ${digestOf(publicKey)}`;',
      'return `trust tuf ${digestOf(publicKey)}`;',
    ],
    test: [
      `${SERVER}/trust/tuf.test.ts`,
      'never replaces a key that does not open, is missing, or was put under another role',
    ],
    gain: 'clients that no present metadata satisfies any more',
  },
  {
    attack: 'taking the keys of the TUF repository out of the database',
    defence: 'keys are made only where nothing was ever signed',
    file: `${SERVER}/trust/tuf-keys.ts`,
    without: ['stored.length === 0 && (await listNewestTuf(tx)).length === 0', 'stored.length === 0'],
    test: [
      `${SERVER}/trust/tuf.test.ts`,
      'never replaces a key that does not open, is missing, or was put under another role',
    ],
    gain: 'a repository that every client refuses, unnoticed by its operator',
  },
];
