/** Issuer configurations, their templates, and what tokens say. */
import assert from 'node:assert/strict';
import { type Json, parseJson } from '@waybill/core/bytes';
import {
  checkIssuerRule,
  checkTokenClaims,
  findIssuer,
  formatGoUrl,
  type GoUrl,
  matchesIssuer,
  parseFulcioConfig,
  parseFulcioDocument,
  parseGoUrl,
  parseTemplate,
  principalOf,
  readFulcioConfig,
  renderTemplate,
} from '@waybill/core/fulcio';
import { sharedFiles } from '../fixtures.ts';
import { JSON_CODES, type Target, textOf } from '../target.ts';

const CONFIG = `
define:
  - &own-type "own"
oidc-issuers:
  https://login.example.com: { issuer-url: https://login.example.com, client-id: sigstore, type: email, issuer-claim: $.a.b }
  https://ci.example.com:
    issuer-url: https://ci.example.com
    client-id: sigstore
    type: ci-provider
    ci-provider: *own-type
  https://u.example.com: { issuer-url: https://u.example.com, client-id: sigstore, type: uri, subject-domain: https://example.com }
  https://s.example.com: { issuer-url: https://s.example.com, client-id: sigstore, type: spiffe, spiffe-trust-domain: example.com }
  https://k.example.com: { issuer-url: https://k.example.com, client-id: sigstore, type: kubernetes }
  https://g.example.com: { issuer-url: https://g.example.com, client-id: sigstore, type: chainguard-identity }
  https://o.example.com: { issuer-url: https://o.example.com, client-id: sigstore, type: gitlab-pipeline }
meta-issuers:
  https://*.n.example.com/*: { client-id: sigstore, type: username, subject-domain: example.com }
ci-issuer-metadata:
  *own-type:
    default-template-values: { url: "https://ci.example.com" }
    extension-templates: { build-trigger: event, source-repository-ref: 'refs/{{if eq .kind "tag"}}tags{{else}}heads{{end}}/{{ .ref }}' }
    subject-alternative-name-template: "{{ .url }}/{{ .job }}"
`;
const JSON_CONFIG = JSON.stringify({
  OIDCIssuers: {
    'https://a.example': { IssuerURL: 'https://a.example', ClientID: 'sigstore', Type: 'email' },
  },
  CIIssuerMetadata: {
    own: { ExtensionTemplates: { BuildTrigger: 'event' }, SubjectAlternativeNameTemplate: 'x' },
  },
});
const config = parseFulcioConfig(CONFIG);
const data = new Map([
  ['ref', 'v1.0'],
  ['kind', 'tag'],
  ['a', ''],
]);

const common = { sub: 'job:42', aud: 'sigstore', exp: 4102444800 };
const CLAIMS: readonly object[] = [
  {
    ...common,
    iss: 'https://login.example.com',
    email: 'a@example.com',
    email_verified: true,
    a: { b: 'https://x' },
  },
  {
    ...common,
    iss: 'https://ci.example.com',
    job: 'a b/1',
    event: 'push',
    kind: 'tag',
    ref: 'v1',
    n: [1.5, { a: null }],
  },
  { ...common, iss: 'https://u.example.com', sub: 'https://example.com/%41/ü?q#f' },
  { ...common, iss: 'https://s.example.com', sub: 'spiffe://example.com/ns/a' },
  {
    ...common,
    iss: 'https://k.example.com',
    'kubernetes.io': { namespace: 'n', serviceaccount: { name: 's' } },
  },
  { ...common, iss: 'https://g.example.com', sub: 'a/../b', act: { iss: 'x' } },
  {
    ...common,
    iss: 'https://o.example.com',
    ref_type: 'tag',
    ci_config_ref_uri: 'gitlab.com/a//b@c',
    runner_id: 1,
  },
  { ...common, iss: 'https://t.n.example.com/o', aud: ['sigstore', 'b'], nbf: 1 },
];

export const FULCIO_TARGETS: readonly Target[] = [
  {
    name: 'core/fulcio parseFulcioConfig',
    covers: [
      'yaml.hasMoreYamlTokens',
      'fulcio.parseFulcioConfig',
      'fulcio.parseFulcioDocument',
      'fulcio.readFulcioConfig',
      'fulcio.checkIssuerRule',
      'fulcio.matchesIssuer',
    ],
    seeds: () => [CONFIG, JSON_CONFIG, ...sharedFiles('vectors/fulcio-identity/config.yaml')],
    call: (input) => {
      const found = readFulcioConfig(parseFulcioDocument(input));
      for (const rule of found.issuers.values()) checkIssuerRule(rule, 'issuer');
      for (const pattern of found.metaIssuers.keys()) matchesIssuer(pattern, 'https://a.n.example.com/b');
      return [...found.issuers.keys()];
    },
    check: (answer, input) => assert.deepEqual([...parseFulcioConfig(input).issuers.keys()], answer),
    codes: ['fulcio_config_invalid'],
    costMicros: 600,
  },
  {
    name: 'core/fulcio templates',
    covers: ['fulcio.parseTemplate'],
    seeds: () => [
      '{{ .ref }}/{{index . "kind"}}',
      '{{if and (eq .kind "tag") (ne .ref `v0`)}}a{{else if .a}}b{{else}}c{{end}}',
      'x {{- with .ref -}} {{len .}}{{$.kind | eq "tag"}} {{end}}{{/* no */}}',
      "{{'a'}} {{0x10}} {{1.50}} {{true}} {{-7}} {{or .a .ref}}",
    ],
    call: (input) => renderTemplate(parseTemplate(textOf(input)), data),
    codes: ['fulcio_template_invalid', 'fulcio_template_failed'],
    costMicros: 30,
  },
  {
    name: 'core/fulcio URLs',
    covers: ['fulcio.parseGoUrl'],
    seeds: () => [
      'https://user:p%40@example.com:8443/a%2Fb/../c d?q=1#f ü',
      'https://[fe80::1%25en0]:80/',
      'urn:a:b',
      '//x/y',
      'a/b:c',
    ],
    call: (input) => parseGoUrl(textOf(input)),
    // What was written once is read again as the same text: a name has one form. Zones are not, in Go neither.
    check: (answer) => {
      const text = formatGoUrl(answer as GoUrl);
      if ((answer as GoUrl).host.includes('%')) return;
      assert.equal(formatGoUrl(parseGoUrl(text)), text);
    },
    codes: ['fulcio_url_invalid'],
    costMicros: 20,
  },
  {
    name: 'core/fulcio principalOf',
    covers: ['fulcio.checkTokenClaims'],
    seeds: () => CLAIMS.map((claims) => JSON.stringify(claims)),
    call: (input) => {
      const claims = parseJson(input) as Readonly<Record<string, Json>>;
      const issuer = typeof claims?.['iss'] === 'string' ? claims['iss'] : '';
      const rule = findIssuer(config, issuer);
      if (!rule || Array.isArray(claims)) return null;
      const expected = { issuer, audience: rule.clientId, now: new Date('2026-11-01') };
      const principal = principalOf(checkTokenClaims(claims, expected), rule, config);
      return principal.certificate();
    },
    codes: [
      'fulcio_token_refused',
      'fulcio_certificate_refused',
      'fulcio_claim_invalid',
      'fulcio_template_failed',
      'fulcio_url_invalid',
      ...JSON_CODES,
    ],
    costMicros: 60,
  },
];
