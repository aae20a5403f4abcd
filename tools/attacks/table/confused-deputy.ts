import type { Attack } from '../attack.ts';
import { JWT, SERVER, TOKENS, VERIFY_TOKEN } from '../places.ts';

export const CONFUSED_DEPUTY: readonly Attack[] = [
  {
    attack: 'a registry token shown to the certificate authority, an ID token to the registry',
    defence: 'each kind of token has a type of its own',
    file: VERIFY_TOKEN,
    without: ['if (typ === type) return;', 'if (typ !== undefined) return;'],
    test: [JWT, 'are told apart by type alone, and by audience alone'],
    gain: 'certificates for whoever sees a registry token on its way',
  },
  {
    attack: 'an ID token for this very server, to use as a key to its API',
    defence: 'this server is no audience',
    file: `${SERVER}/identity/exchange-token.ts`,
    without: [
      "if (own) throw new Refusal('invalid_target'",
      "if (own && audience === '') throw new Refusal('invalid_target'",
    ],
    test: [`${SERVER}/identity/routes.test.ts`, 'answers refusals in the form of OAuth'],
    gain: 'a token that another relying party could replay here',
  },
  {
    attack: "a stolen ID token with the attacker's key",
    defence: 'the key signs the subject of the token (proof of possession)',
    file: `${SERVER}/trust/proof-of-possession.ts`,
    without: [
      'if (challenges.some((text) => verifySignature(publicKey, utf8(text), proof))) return;',
      'if (challenges.length > 0) return;',
    ],
    test: [
      `${SERVER}/trust/trust.test.ts`,
      'refuses a proof of possession over the subject of somebody else',
    ],
    gain: 'certificates for public keys of others',
  },
  {
    attack: 'a token that makes a wider one',
    defence: 'role, scope and life of a new token lie inside those of its maker',
    file: `${SERVER}/identity/create-token.ts`,
    without: [
      'if (creator.expiresAt !== null && (expiresAt === null',
      'if (creator.expiresAt === undefined && (expiresAt === null',
    ],
    test: [TOKENS, 'refuses a role, a scope or a life wider than its creator has'],
    gain: 'an owner token from any admin token of one project',
  },
  {
    attack: "a registry that sends our client's credentials elsewhere",
    defence: 'the header goes to the origin that asked for it',
    file: 'packages/clients/src/oci/connection.ts',
    without: [
      'const own = url.origin === connection.origin && authorization !== undefined;',
      'const own = url.host !== "" && authorization !== undefined;',
    ],
    test: [
      'packages/clients/src/oci/oci.test.ts',
      'does not send the authorization to an upload location on another host',
    ],
    gain: 'the API token of the pipeline',
  },
  {
    attack: 'a redirect that carries the API token along',
    defence: 'the token exchange follows none',
    file: 'packages/clients/src/oidc/exchange-token.ts',
    without: ["redirect: 'error',", "redirect: 'follow',"],
    test: [
      'packages/clients/src/oidc/exchange-token.test.ts',
      'follows no redirect, which would carry the API token elsewhere',
    ],
    gain: 'the API token of the pipeline',
  },
];
