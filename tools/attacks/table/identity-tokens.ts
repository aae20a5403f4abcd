import type { Attack } from '../attack.ts';
import { JWT, SERVER, VERIFY_TOKEN } from '../places.ts';

export const IDENTITY_TOKENS: readonly Attack[] = [
  {
    attack: 'alg none',
    defence: 'only RS256 is read',
    file: VERIFY_TOKEN,
    without: ["if (alg !== 'RS256') {", "if (alg === '') {"],
    test: [JWT, 'refuses alg none'],
    gain: 'certificates in any name; jose would be the last wall',
  },
  {
    attack: 'HS256 with the public key as secret',
    defence: 'only RS256 is read',
    file: VERIFY_TOKEN,
    without: ["if (alg !== 'RS256') {", "if (alg === '') {"],
    test: [JWT, 'refuses HS256 with the public key as secret'],
    gain: 'certificates in any name; jose would be the last wall',
  },
  {
    attack: 'kid with a path, a URL or __proto__',
    defence: 'keys are found in a map in memory, by kid alone',
    file: VERIFY_TOKEN,
    without: [
      'const key = kid === undefined ? undefined : deps.issuer.publicKeys.get(kid);',
      'const key = [...deps.issuer.publicKeys.values()][0];',
    ],
    test: [JWT, 'finds keys by kid in its own map only'],
    gain: 'a key of their choice, or a file of the server as key',
  },
  {
    attack: 'the key in the header: jwk, jku, x5u, x5c',
    defence: 'none of them is ever read',
    file: VERIFY_TOKEN,
    without: [
      'const key = kid === undefined ? undefined : deps.issuer.publicKeys.get(kid);',
      "const jwk = header.raw('jwk'); const key = jwk ? process.getBuiltinModule('node:crypto').createPublicKey({ key: jwk as never, format: 'jwk' }) : deps.issuer.publicKeys.get(kid ?? '');",
    ],
    test: [JWT, 'finds keys by kid in its own map only'],
    gain: 'tokens signed by a key that they bring along',
  },
  {
    attack: 'a token for another audience',
    defence: 'the audience is exactly ours',
    file: VERIFY_TOKEN,
    without: [
      'if (found !== audience) throw wrongAudience(found, audience);',
      'if (found === "") throw wrongAudience(found, audience);',
    ],
    test: [JWT, 'refuses another audience'],
    gain: 'any relying party of the issuer signs as its users',
  },
  {
    attack: 'a token of another issuer',
    defence: 'the issuer is exactly ours',
    file: VERIFY_TOKEN,
    without: ['if (iss === issuer) return;', 'if (iss !== "") return;'],
    test: [JWT, 'says which issuer it knows to a foreign token'],
    gain: 'names that another issuer gives out',
  },
  {
    attack: 'nbf or iat in the future',
    defence: '30 seconds of leeway, no more',
    file: VERIFY_TOKEN,
    without: ['if (valid - LEEWAY_MS > now.getTime()) {', 'if (valid < 0) {'],
    test: [JWT, 'refuses a token from the future, with at most 30 s of leeway'],
    gain: 'tokens made in advance, for when their maker has left',
  },
  {
    attack: 'a token that has expired',
    defence: 'as above',
    file: VERIFY_TOKEN,
    without: [
      'if (token.expiresAt.getTime() + LEEWAY_MS <= now.getTime()) {',
      'if (token.expiresAt.getTime() < 0) {',
    ],
    test: [JWT, 'says when a token expired, with at most 30 s of leeway'],
    gain: 'tokens from old logs',
  },
  {
    attack: 'one claim twice, so that two readers see two subjects',
    defence: 'the strict JSON reader',
    file: VERIFY_TOKEN,
    without: [
      'new Fields(parseJson(fromBase64(part, what), what, { maxDepth: 8 }), what)',
      "new Fields(JSON.parse(Buffer.from(part, 'base64url').toString()), what)",
    ],
    test: [JWT, 'refuses header extensions and doubled claims'],
    gain: 'a subject that the issuer never meant',
  },
  {
    attack: 'an ID token kept after its API token was revoked',
    defence: 'a derived token ends with the one that it came from',
    file: `${SERVER}/identity/live-credential.ts`,
    without: ['if (row === undefined || reason !== undefined) {', 'if (row === undefined) {'],
    test: [JWT, 'ends with the API token that it came from'],
    gain: 'ten minutes of signing after the revocation',
  },
];
