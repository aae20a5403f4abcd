/** From an identity token to whom the certificate names. */
import { principalOf } from '@waybill/core/fulcio';
import type { Clock, Db } from '../../ground/index.ts';
import type { VerifyIdentityToken } from '../deps.ts';
import { trustError } from '../errors.ts';
import { findIssuerMeaning, listIssuerMeanings } from '../queries.ts';
import { type SignerIdentity, signerIdentityOf } from '../signer-identity.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { type IssuerChoice, type NamedRule, ruleOf } from './kinds.ts';
import type { OperatorIssuers } from './operator-issuers.ts';
import { checking, parseClaimedToken, verifyForeignToken } from './verify-foreign-token.ts';

export interface NameSignerDeps {
  readonly db: Db;
  readonly clock: Clock;
  /** URL of the built-in OIDC issuer. */
  readonly issuerUrl: string;
  readonly verifyIdentityToken: VerifyIdentityToken;
  readonly keys: IssuerKeys;
  readonly operatorIssuers: OperatorIssuers;
}

/** Who holds a token that is valid here and now. */
export interface TokenHolder {
  /** Texts that the proof of possession may sign. */
  readonly challenges: readonly string[];
  /** Throws `trust_token_subject`, `trust_token_refused` for a token that cannot be put into a certificate. */
  readonly identity: () => SignerIdentity;
}

/** Throws `identity_token_…` of the built-in issuer, `trust_token_…`, `trust_issuer_unknown`, `trust_issuer_unreachable`. */
export async function nameSigner(deps: NameSignerDeps, jwt: string): Promise<TokenHolder> {
  const { issuer } = parseClaimedToken(jwt);
  if (issuer === deps.issuerUrl) return builtInHolder(deps, jwt);
  const found = await findRule(deps, issuer);
  if (found === undefined) throw unknownIssuer(issuer, deps.issuerUrl);
  const { rule, config } = found;
  const address = { url: issuer, ...(rule.caCert === '' ? {} : { ca: rule.caCert }) };
  const token = await verifyForeignToken(deps, jwt, { address, audience: rule.clientId });
  const principal = checking(() => principalOf(token, rule, config));
  return {
    challenges: [principal.challenge, token.subject, ...verifiedEmail(token.claims)],
    identity: () => checking(principal.certificate),
  };
}

async function builtInHolder(deps: NameSignerDeps, jwt: string): Promise<TokenHolder> {
  const facts = await deps.verifyIdentityToken(jwt);
  return {
    challenges: [facts.subject, ...verifiedEmail(facts.claims)],
    identity: () => signerIdentityOf(facts, deps.issuerUrl),
  };
}

/** Clients sign the e-mail address when the token has one, whatever the kind of issuer. */
function verifiedEmail({
  email,
  email_verified: verified,
}: Readonly<Record<string, unknown>>): readonly string[] {
  return typeof email === 'string' && email !== '' && verified === true ? [email] : [];
}

/** The operator's word counts before that of any organisation. */
async function findRule(deps: NameSignerDeps, issuer: string): Promise<NamedRule | undefined> {
  const set = deps.operatorIssuers.find(issuer);
  if (set || issuer === '') return set;
  const choice = await deps.db.asSystem((tx) => findIssuerMeaning(tx, issuer), { atOnce: true });
  return choice && ruleOf(choice);
}

function unknownIssuer(issuer: string, builtIn: string): Error {
  return trustError(
    'trust_issuer_unknown',
    `No organisation of this server lists the issuer ${JSON.stringify(issuer.slice(0, 200))}. Use a token of ` +
      `${builtIn}, or list it: waybill issuer add.`,
  );
}

/** Every issuer whose tokens count here but the built-in one. */
export async function listedIssuers(deps: Pick<NameSignerDeps, 'db'>): Promise<readonly IssuerChoice[]> {
  return deps.db.asSystem(listIssuerMeanings, { atOnce: true });
}
