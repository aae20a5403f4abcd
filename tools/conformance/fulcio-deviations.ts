/** Cases of fulcio-identity in which Waybill decides otherwise on purpose, each with its reason. */

const WHOLE_NUMBERS =
  'whole numbers are written out, as Fulcio does since v1.8.8 (ciprovider/principal.go): 1.296269e+06 is no id';
const TEMPLATES =
  'the template language is fields, constants, comparisons, if and with: what loops, defines, assigns or formats is refused when the configuration loads';
const NO_SUBJECT =
  'a token without a subject proves possession over nothing: one proof would do for every token';
const KUBERNETES = 'without namespace and service account the name would stand for every account';
const CIRCLECI = 'without its project or pipeline the name would stand for many';
const ISSUER_TEXT =
  'the issuer of a certificate is text that the token states, never null, a number or a list';
const RELATIVE = 'RFC 5280 §4.2.1.6: a URI in a certificate must not be relative';

export const FULCIO_DEVIATIONS: Readonly<Record<string, string>> = {
  'github/numeric-ids-large': WHOLE_NUMBERS,
  'gitlab/numeric-ids': WHOLE_NUMBERS,
  'buildkite/build-number-seven-digits': WHOLE_NUMBERS,
  'buddy/pipeline-id-of-seven-digits': WHOLE_NUMBERS,
  'ci-provider/standard-claims-usable': WHOLE_NUMBERS,
  'github/no-subject': NO_SUBJECT,
  'username/empty': NO_SUBJECT,
  'gitlab/remote-ci-config-null-uri': 'https://<nil> is no name: it would stand for every such pipeline',
  'circleci/missing-project-id': CIRCLECI,
  'circleci/missing-all-ids': CIRCLECI,
  'ci-provider/san-relative': RELATIVE,
  'ci-provider/san-mailto-like': RELATIVE,
  'ci-provider/template-variable': TEMPLATES,
  'ci-provider/template-printf': TEMPLATES,
  'ci-provider/template-pipe': TEMPLATES,
  'ci-provider/template-html-function': TEMPLATES,
  'ci-provider/template-urlquery': TEMPLATES,
  'ci-provider/template-js-function': TEMPLATES,
  'ci-provider/template-len-slice': TEMPLATES,
  'ci-provider/template-range-over-string': TEMPLATES,
  'ci-provider/template-nil-is-no-command': TEMPLATES,
  'ci-provider/template-nested-template-with-data-missing-key': TEMPLATES,
  'ci-provider/template-printf-width-and-number-verb': TEMPLATES,
  'ci-provider/template-printf-wrong-verb': TEMPLATES,
  'ci-provider/template-assign-in-if': TEMPLATES,
  'ci-provider/template-block': TEMPLATES,
  'ci-provider/template-break-in-range': TEMPLATES,
  'email/dex-connector_id-number': ISSUER_TEXT,
  'email/dex-connector_id-null': ISSUER_TEXT,
  'email/dex-connector_id-list': ISSUER_TEXT,
  'email/issuer-claim-wildcard': ISSUER_TEXT,
  'email/claim-in-two-cases-last-wins':
    'two spellings of one claim are refused: where somebody may add claims, Email would stand in for email',
  'username/meta-issuer-without-domain': 'a username without a domain is the same name for every such issuer',
  'kubernetes/no-kubernetes.io-claim': KUBERNETES,
  'kubernetes/no-serviceaccount': KUBERNETES,
  'kubernetes/claim-null': KUBERNETES,
  'kubernetes/legacy-secret-token-claims': KUBERNETES,
  'github-workflow-type/ref-with-percent':
    'Fulcio drops a path that it cannot join and names all of https://github.com/',
  'token/expiry-string':
    'RFC 7519 §2: a time is a number; what reads text as one, reads it differently elsewhere',
};
