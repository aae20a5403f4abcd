/**
 * The kinds of issuer that an organisation may add. A kind is a mapping from tokens to names that nobody can bend:
 * an organisation chooses one, and writes no templates, since the names are read by everybody who trusts this server's
 * certificate authority. Own templates are the operator's (`issuers` in the configuration).
 */
import { isCoded } from '@waybill/core';
import type { Json } from '@waybill/core/bytes';
import {
  checkIssuerRule,
  type FulcioConfig,
  findIssuer,
  type IssuerRule,
  readFulcioConfig,
} from '@waybill/core/fulcio';
import { isIssuerUrl } from '../../identity/index.ts';
import { trustError } from '../errors.ts';
import { CI_MAPPINGS, isCiKind } from './ci-mappings.ts';

export const ISSUER_KINDS = [
  'github',
  'gitlab',
  'buildkite',
  'codefresh',
  'circleci',
  'email',
  'username',
  'uri',
  'spiffe',
  'kubernetes',
] as const;
export type IssuerKind = (typeof ISSUER_KINDS)[number];

/** All that decides what a token of the issuer names. Two organisations that list an issuer must agree in all of it. */
export interface IssuerChoice {
  readonly url: string;
  readonly kind: IssuerKind;
  /** Of the kinds `username` and `uri`. */
  readonly subjectDomain: string;
  /** Of the kind `spiffe`. */
  readonly trustDomain: string;
}

const AUDIENCE = 'sigstore';

/** Issuers that everybody knows: they mean one thing, so that nobody can claim them as something else first. */
export const PRESETS: readonly { readonly url: string; readonly kind: IssuerKind }[] = [
  { url: 'https://token.actions.githubusercontent.com', kind: 'github' },
  { url: 'https://gitlab.com', kind: 'gitlab' },
  { url: 'https://agent.buildkite.com', kind: 'buildkite' },
  { url: 'https://oidc.codefresh.io', kind: 'codefresh' },
  { url: 'https://oidc.circleci.com', kind: 'circleci' },
  { url: 'https://accounts.google.com', kind: 'email' },
];

/** A rule with what it needs beside it. */
export interface NamedRule {
  readonly rule: IssuerRule;
  readonly config: FulcioConfig;
}

/** Throws `trust_issuer_invalid`. */
export function ruleOf(choice: IssuerChoice): NamedRule {
  checkUrl(choice.url);
  try {
    const config = readFulcioConfig(documentOf(choice));
    const rule = findIssuer(config, choice.url);
    if (rule === undefined) throw invalid('no rule came of it');
    checkIssuerRule(rule, 'issuer');
    return { rule, config };
  } catch (cause) {
    if (!isCoded(cause, 'fulcio_config_invalid', 'fulcio_url_invalid')) throw cause;
    throw invalid(cause.message, cause);
  }
}

function documentOf({ url, kind, subjectDomain, trustDomain }: IssuerChoice): Json {
  const common = { 'issuer-url': url, 'client-id': AUDIENCE };
  if (isCiKind(kind)) {
    return {
      'oidc-issuers': { [url]: { ...common, type: 'ci-provider', 'ci-provider': kind } },
      'ci-issuer-metadata': { [kind]: CI_MAPPINGS[kind](url) },
    };
  }
  const rule = { ...common, type: kind, 'subject-domain': subjectDomain, 'spiffe-trust-domain': trustDomain };
  return { 'oidc-issuers': { [url]: rule } };
}

/** One spelling for each issuer, since tokens are compared with it letter by letter. */
function checkUrl(text: string): void {
  if (isIssuerUrl(text)) return;
  throw invalid('expected the issuer as its tokens state it, such as https://login.example.com');
}

export function invalid(reason: string, cause?: unknown): Error {
  return trustError('trust_issuer_invalid', `Issuer: ${reason}`, { cause });
}
