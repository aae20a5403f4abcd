import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded, messageOf } from '../errors.ts';
import { parseFulcioConfig } from './config.ts';
import { findIssuer, matchesIssuer } from './find-issuer.ts';
import { principalOf } from './principal.ts';

const YAML = `
define:
  - &own "own"
oidc-issuers:
  https://ci.example.com: { issuer-url: https://ci.example.com, client-id: sigstore, type: ci-provider, ci-provider: *own }
meta-issuers:
  https://*.example.com/o/*: { client-id: sigstore, type: kubernetes }
ci-issuer-metadata:
  *own:
    default-template-values: { url: "https://ci.example.com", n: 7 }
    extension-templates: { build-trigger: event }
    subject-alternative-name-template: "{{ .url }}/{{ .job }}"
`;
const JSON_FORM = JSON.stringify({
  OIDCIssuers: {
    'https://ci.example.com': {
      IssuerURL: 'https://ci.example.com',
      ClientID: 'sigstore',
      Type: 'ci-provider',
      CIProvider: 'own',
    },
  },
  MetaIssuers: { 'https://*.example.com/o/*': { ClientID: 'sigstore', Type: 'kubernetes' } },
  CIIssuerMetadata: {
    own: {
      DefaultTemplateValues: { url: 'https://ci.example.com', n: '7' },
      ExtensionTemplates: { BuildTrigger: 'event' },
      SubjectAlternativeNameTemplate: '{{ .url }}/{{ .job }}',
    },
  },
});

const issuer = (fields: string): string => `oidc-issuers: { "https://a.example.com": { ${fields} } }`;

describe('parseFulcioConfig', () => {
  it('reads YAML and JSON to the same rules', () => {
    assert.deepEqual(parseFulcioConfig(YAML), parseFulcioConfig(JSON_FORM));
    const rule = findIssuer(parseFulcioConfig(YAML), 'https://ci.example.com');
    assert.equal(rule?.ciProvider, 'own');
  });

  it('says what is wrong, and where', () => {
    const faults: readonly (readonly [string, RegExp])[] = [
      ['a: [', /Issuer configuration/],
      ['oidc-issuers: x', /oidc-issuers: expected an object/],
      [issuer('type: saml'), /"saml" is not known/],
      [issuer('type: uri'), /needs a subject-domain/],
      [issuer('type: uri, subject-domain: "https://example.org"'), /different domains/],
      [issuer('type: spiffe, spiffe-trust-domain: Example.com'), /spiffe-trust-domain is none/],
      [issuer('type: uri, subject-domain: "https://example.com", issuer-claim: $.x'), /only e-mail issuers/],
      [issuer('type: email, ca-cert: nonsense'), /a certificate in PEM/],
      [issuer('type: email, skip-email-verification: maybe'), /true or false/],
      [issuer('type: email, issuer-claim: "$.a[*]"'), /a path to one claim/],
      ['meta-issuers: { "https://*.x": { type: spiffe } }', /cannot be of type spiffe/],
      [
        'ci-issuer-metadata: { a: { extension-templates: { build-triger: x } } }',
        /no extension "build-triger"/,
      ],
      [
        'ci-issuer-metadata: { a: { extension-templates: { build-trigger: "{{" } } }',
        /action that is not closed/,
      ],
      ['{"oidc-issuers": {}}', /in JSON expected OIDCIssuers/],
    ];
    for (const [text, expected] of faults) {
      assert.throws(
        () => parseFulcioConfig(text),
        (error) => isCoded(error, 'fulcio_config_invalid') && expected.test(messageOf(error)),
        text,
      );
    }
  });
});

describe('matchesIssuer', () => {
  const pattern = 'https://oidc.eks.*.amazonaws.com/id/*';

  it('lets a star stand for one part, and the pattern for the whole URL', () => {
    assert.equal(matchesIssuer(pattern, 'https://oidc.eks.us-west-2.amazonaws.com/id/B02C'), true);
    const refused = [
      'http://localhost:3000?https://oidc.eks.us-west-2.amazonaws.com/id/B02C',
      'https://oidc.eks.us-west-2.amazonaws.com/id/B02C/x',
      'https://oidc.eks.us.west.amazonaws.com/id/B02C',
      'https://oidc.eks.evil.example/.amazonaws.com/id/B02C',
      'https://oidcxeks.us-west-2.amazonaws.com/id/B02C',
      'https://oidc.eks.us-west-2.amazonaws.com/id/',
      'https://oidc.eks.us-west-2.amazonaws.com/id/B02C\n',
    ];
    for (const url of refused) assert.equal(matchesIssuer(pattern, url), false, url);
  });
});

describe('principalOf', () => {
  const config = parseFulcioConfig(YAML);
  const rule = findIssuer(config, 'https://ci.example.com');
  assert.ok(rule);
  const named = (claims: object) =>
    principalOf(
      { issuer: rule.issuerUrl, subject: 'job:1', claims: { ...claims } as Record<string, string> },
      rule,
      config,
    ).certificate();

  it('writes whole numbers out, and refuses those that readers round', () => {
    assert.equal(named({ job: 1296269, event: 'push' }).identity.value, 'https://ci.example.com/1296269');
    assert.throws(
      () => named({ job: 2 ** 53, event: 'push' }),
      (error) => isCoded(error, 'fulcio_claim_invalid'),
    );
  });

  it('makes no name of a host that is none', () => {
    for (const url of ['https://<nil>', 'https://a..b', 'https://a.', 'https://bücher.example']) {
      assert.throws(
        () => named({ url, job: 1, event: 'push' }),
        (error) => isCoded(error, 'fulcio_certificate_refused'),
        url,
      );
    }
  });
});
