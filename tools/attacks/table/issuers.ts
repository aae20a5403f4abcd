import type { Attack } from '../attack.ts';
import { SERVER, TESTS } from '../places.ts';

const EGRESS = `${SERVER}/ground/egress/egress.ts`;
const EGRESS_TEST = `${SERVER}/ground/egress/egress.test.ts`;
const ISSUERS = `${SERVER}/trust/issuers`;
const ISSUERS_TEST = `${TESTS}/issuers.test.ts`;
const FULCIO = 'packages/core/src/fulcio';
const INSIDE = 'metadata services and everything else inside the network of the server';

/** Issuers that organisations list, and what the server asks of them. */
export const ISSUER_ATTACKS: readonly Attack[] = [
  {
    attack: 'an issuer, or its key set, at loopback or in the private network, however it is written',
    defence: 'addresses are checked, not names; other networks than the public one must be allowed',
    file: EGRESS,
    without: ["if (reach !== 'public' && !allow.includes(reach)) {", 'if (allow.length > 9) {'],
    test: [EGRESS_TEST, 'is refused by its own name, however it is written'],
    gain: INSIDE,
  },
  {
    attack: 'an issuer at a link-local address',
    defence: 'link-local and reserved addresses are refused whatever is allowed',
    file: `${SERVER}/ground/egress/address.ts`,
    without: ["if (FORBIDDEN.check(address, type)) return 'forbidden';", ''],
    test: [EGRESS_TEST, 'of a metadata service is refused whatever is allowed'],
    gain: 'credentials of the machine, where private networks are allowed',
  },
  {
    attack: 'a name with a public and an inner address',
    defence: 'one address that may not be dialled refuses the name',
    file: EGRESS,
    without: [
      'for (const { address } of addresses) checkReach(url, address, allow);',
      'checkReach(url, first.address, allow);',
    ],
    test: [EGRESS_TEST, 'is refused when one of the addresses of a name is such'],
    gain: INSIDE,
  },
  {
    attack: 'a name that changes between check and connection (DNS rebinding)',
    defence: 'resolved once; the connection goes to the address that was checked',
    file: EGRESS,
    without: [
      'const address = await checkedAddress(url, { ...options, resolve });',
      'await checkedAddress(url, { ...options, resolve }); const [address] = (await resolve(url.hostname)) as [ResolvedAddress];',
    ],
    test: [EGRESS_TEST, 'is not reached by a name that changes between check and connection'],
    gain: INSIDE,
  },
  {
    attack: 'an issuer that redirects to an inner address',
    defence: 'redirects are not followed',
    file: EGRESS,
    without: [
      'if (message.statusCode === 200) return message;',
      'if (message.statusCode === 302) return ask(new URL(String(message.headers.location), url), { address, signal }); if (message.statusCode === 200) return message;',
    ],
    test: [EGRESS_TEST, 'that redirects is not followed'],
    gain: INSIDE,
  },
  {
    attack: 'an endless or huge key set',
    defence: '256 KiB and five seconds for a whole answer',
    file: EGRESS,
    without: ['if (size > maxBytes) throw', 'if (size < 0) throw'],
    test: [EGRESS_TEST, 'that is too large, too slow, or none is given up'],
    gain: 'the memory of the server',
  },
  {
    attack: 'tokens with ever new key ids',
    defence: 'an unknown key id is asked for twice a minute at most',
    file: `${ISSUERS}/issuer-keys.ts`,
    without: ['now - entry.askedAt < ROLLOVER_MS', 'now < 0'],
    test: [ISSUERS_TEST, 'are not asked for by a flood of unknown key ids'],
    gain: 'this server as an amplifier against the issuer, which then locks it out',
  },
  {
    attack: 'a discovery document that speaks for another issuer',
    defence: 'it must name the issuer that was asked',
    file: `${ISSUERS}/issuer-keys.ts`,
    without: ['if (named !== issuer.url) {', "if (named === '') {"],
    test: [ISSUERS_TEST, 'are taken from nobody who says to be another issuer'],
    gain: 'keys of one issuer counted as those of another',
  },
  {
    attack: 'an issuer whose name matches a pattern in its query',
    defence: 'a pattern matches the whole URL (GHSA-59jp-pj84-45mr)',
    file: `${FULCIO}/find-issuer.ts`,
    without: ['`^${parts.join(WILDCARD)}$`', '`${parts.join(WILDCARD)}`'],
    test: [`${FULCIO}/config.test.ts`, 'lets a star stand for one part, and the pattern for the whole URL'],
    gain: 'certificates in the names of every cluster, with keys of their own',
  },
  {
    attack: 'a token whose e-mail address nobody verified',
    defence: 'email_verified must be true',
    file: `${FULCIO}/principal.ts`,
    without: [
      'if (!isVerified && !rule.skipEmailVerification)',
      'if (!isVerified && rule.skipEmailVerification)',
    ],
    test: [ISSUERS_TEST, 'is refused as Fulcio refuses, and names why'],
    gain: 'certificates in the name of any address that one can type into a profile',
  },
  {
    attack: 'a token of a listed issuer for another audience',
    defence: 'the audience must be that of the certificate authority',
    file: `${FULCIO}/check-claims.ts`,
    without: ["!audiencesOf(claims['aud']).includes(expected.audience)", "claims['aud'] === 1"],
    test: [ISSUERS_TEST, 'is refused as Fulcio refuses, and names why'],
    gain: 'every application of the issuer signs as its users',
  },
  {
    attack: 'an organisation that gives the issuer of another one a meaning of its own',
    defence: 'an issuer has one meaning on a server',
    file: `${ISSUERS}/list-issuers.ts`,
    without: ['if (isSame) return;', 'if (isSame || meaning) return;'],
    test: [ISSUERS_TEST, 'agree in what its tokens name, or only the first has it'],
    gain: "certificates in the other organisation's names",
  },
  {
    attack: 'an organisation that claims GitHub as something else before anybody lists it',
    defence: 'well-known issuers have one kind',
    file: `${ISSUERS}/list-issuers.ts`,
    without: ['if (preset && preset.kind !== kind)', 'if (preset && preset.url === kind)'],
    test: [ISSUERS_TEST, 'is refused with a reason'],
    gain: 'names of jobs of others',
  },
  {
    attack: 'an attestation by a certificate of an issuer that another organisation lists',
    defence: 'an identity counts for who lists its issuer, and from then on',
    file: `${SERVER}/attestation/verify-signer.ts`,
    without: ['if (since && begun &&', 'if (begun || since &&'],
    test: [ISSUERS_TEST, 'sign for nobody who does not list it, and with nothing from before'],
    gain: 'evidence in runs of an organisation whose contract takes any subject of that issuer',
  },
];
