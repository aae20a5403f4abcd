import type { Attack } from '../attack.ts';
import { HTTP, SERVER, TESTS, VERIFY_TOKEN } from '../places.ts';

export const REQUESTS_BY_THE_SERVER: readonly Attack[] = [
  {
    attack:
      'an issuer, jku or x5u that leads to loopback, to link-local addresses, to a redirect or a rebound name',
    defence: 'the server dials no address that a request names, so that none has to be checked',
    file: VERIFY_TOKEN,
    without: [
      'if (iss === issuer) return;',
      'if (iss === issuer) return; void fetch(`${iss}/.well-known/openid-configuration`).catch(() => undefined);',
    ],
    test: [`${TESTS}/egress.test.ts`, 'of an issuer or a key is not looked up'],
    gain: 'metadata services and everything else inside the network of the server',
  },
  {
    attack: 'an image reference at loopback or a link-local address',
    defence: 'as above: an image elsewhere is bound by its digest alone',
    file: `${SERVER}/attestation/check-materials.ts`,
    without: [
      'if (parsed.registry !== work.registryHost) return [];',
      'if (parsed.registry !== work.registryHost) { await fetch(`http://${parsed.registry}/v2/`).catch(() => undefined); return []; }',
    ],
    test: [
      `${TESTS}/egress.test.ts`,
      'of a material is not fetched: an image elsewhere is bound by its digest alone',
    ],
    gain: 'as above',
  },
  {
    attack: 'a URL in any other text, path, query or header of a proxy',
    defence: 'as above',
    file: HTTP,
    without: [
      'if (!/%00|\\0/.test(request.url))',
      'void fetch(String(request.headers.referer)).catch(() => undefined);\n    if (!/%00|\\0/.test(request.url))',
    ],
    test: [
      `${TESTS}/egress.test.ts`,
      'in any text of any body, or in a header that proxies use, is not followed',
    ],
    gain: 'as above',
  },
];
