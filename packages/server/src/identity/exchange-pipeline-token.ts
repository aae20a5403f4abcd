/** A trusted pipeline's own token for a short-lived one of ours: no secret is kept in the CI system. */
import { type CodedError, isCoded, messageOf } from '@waybill/core';
import { Fields, fromBase64, type Json, parseJson, quoted } from '@waybill/core/bytes';
import type { BuildClaims } from '@waybill/core/fulcio';
import { type Logger, writeAudit } from '../ground/index.ts';
import { issueAccessToken } from './access-token.ts';
import { patternMatches } from './claim-pattern.ts';
import type { IdentityDeps } from './deps.ts';
import { type IdentityCode, identityError } from './errors.ts';
import { ACCESS_TOKEN, type Asker, one, Refusal } from './exchange-form.ts';
import { isName } from './name.ts';
import { insertSession, type Session } from './queries/sessions.ts';
import { findTrusts, type PipelineCi, type TrustCredential, type TrustRule } from './queries/trusts.ts';
import type { SignedToken } from './sign-token.ts';
import { audienceFor } from './trusts.ts';

type Claims = Readonly<Record<string, Json>>;

/** A token that holds. */
export interface VerifiedPipeline {
  readonly claims: Claims;
  /**
   * What of it is known of the job, given what whoever trusts the pipeline says of its CI system; null: the system is
   * not known, or the token says too little.
   */
  build(ci: PipelineCi | null): BuildClaims | null;
}

/**
 * The claims of a token that is signed by the issuer, made for the audience and in its time. Throws
 * `trust_token_malformed`, `trust_token_refused` for one that is not the issuer's; `trust_token_claims` for one that
 * is, but for another place or time; `trust_issuer_unreachable`.
 */
export type VerifyPipelineToken = (
  jwt: string,
  expected: { readonly issuer: string; readonly audience: string },
) => Promise<VerifiedPipeline>;

export interface PipelineDeps extends IdentityDeps {
  readonly verify: VerifyPipelineToken;
}

interface Workflow {
  readonly organization: string;
  readonly project: string;
  readonly workflow: string;
}

/** Throws `Refusal`. */
export async function exchangePipelineToken(
  deps: PipelineDeps,
  form: URLSearchParams,
  from: Asker,
): Promise<SignedToken> {
  const { jwt, workflow } = parseRequest(form);
  try {
    const signIn = () => trustedBy(deps, jwt, workflow);
    const trusted = await deps.signIns.attempt({ address: from.address, credential: jwt }, signIn);
    return await issue(deps, trusted, from);
  } catch (error) {
    if (isCoded(error, 'identity_pipeline_refused', 'identity_pipeline_untrusted')) {
      throw new Refusal('invalid_request', `subject_token: ${error.message}`);
    }
    if (isCoded(error, 'trust_issuer_unreachable')) {
      throw new Refusal('temporarily_unavailable', error.message);
    }
    throw error;
  }
}

/** RFC 8693 §2.1. The pipeline names what it is to be: no token is looked for in all workflows of everybody. */
function parseRequest(form: URLSearchParams): { readonly jwt: string; readonly workflow: Workflow } {
  const requested = one(form, 'requested_token_type') ?? ACCESS_TOKEN;
  if (requested !== ACCESS_TOKEN) {
    throw new Refusal('invalid_request', `requested_token_type: expected ${ACCESS_TOKEN}`);
  }
  for (const name of ['actor_token', 'audience', 'resource']) {
    if (one(form, name) !== undefined) {
      throw new Refusal('invalid_request', `${name}: not for tokens of pipelines, leave it out`);
    }
  }
  const jwt = one(form, 'subject_token');
  if (jwt === undefined)
    throw new Refusal('invalid_request', "subject_token: expected the pipeline's own token");
  const [, path = ''] = /^workflow:(\S*)$/.exec(one(form, 'scope') ?? '') ?? [];
  const [organization = '', project = '', workflow = '', ...more] = path.split('/');
  if (more.length === 0 && [organization, project, workflow].every(isName)) {
    return { jwt, workflow: { organization, project, workflow } };
  }
  throw new Refusal('invalid_scope', 'scope: expected workflow:<organization>/<project>/<workflow>');
}

interface Trusted {
  readonly tokenId: string;
  readonly tokenName: string;
  readonly trust: TrustCredential;
  readonly subject: string;
  readonly build: BuildClaims | null;
}

async function trustedBy(deps: PipelineDeps, jwt: string, workflow: Workflow): Promise<Trusted> {
  const issuer = claimedIssuer(jwt);
  const now = deps.clock();
  const trusts =
    issuer === undefined
      ? []
      : await deps.db.asSystem((tx) => findTrusts(tx, { ...workflow, issuer, now }), { atOnce: true });
  if (issuer === undefined || trusts.length === 0) throw refusal(deps, workflow, 'no issuer that it trusts');
  const verified = await verifyFor(deps, jwt, { workflow, trusts });
  const fits = verified.trusts.find(({ rule }) => mismatchesOf(rule, verified.claims).length === 0);
  if (fits === undefined) throw await untrusted(deps, workflow, verified);
  deps.usage.touch(fits, now);
  return {
    tokenId: fits.id,
    tokenName: fits.name,
    trust: fits,
    subject: textOf(verified.claims['sub']) ?? '',
    build: verified.build(fits.rule.ci),
  };
}

/** What the token says of itself: by it a rule is found, and nothing is believed. */
function claimedIssuer(jwt: string): string | undefined {
  if (jwt.length > 16_384) return undefined;
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(jwt) ?? [];
  if (payload === undefined) return undefined;
  try {
    const claims = parseJson(fromBase64(payload, 'token claims'), 'token claims', { maxDepth: 16 });
    return new Fields(claims, 'token claims').optionalString('iss');
  } catch (error) {
    if (isCoded(error)) return undefined;
    throw error;
  }
}

interface Verified extends VerifiedPipeline {
  /** Those of the rules whose audience the token has. */
  readonly trusts: readonly TrustCredential[];
}

async function verifyFor(
  deps: PipelineDeps,
  jwt: string,
  { workflow, trusts }: { readonly workflow: Workflow; readonly trusts: readonly TrustCredential[] },
): Promise<Verified> {
  let refused: unknown;
  for (const audience of new Set(trusts.map(({ rule }) => rule.audience))) {
    const of = trusts.filter(({ rule }) => rule.audience === audience);
    const issuer = of[0]?.rule.issuer ?? '';
    try {
      const verified = await deps.verify(jwt, { issuer, audience });
      requireForUsAlone(verified.claims, audience);
      return { ...verified, trusts: of };
    } catch (error) {
      if (!isCoded(error, 'trust_token_malformed', 'trust_token_refused', 'trust_token_claims')) throw error;
      refused = error;
    }
  }
  // Only whoever holds a token that the issuer did sign hears what is wrong with it.
  if (isCoded(refused, 'trust_token_claims'))
    throw identityError('identity_pipeline_refused', refused.message);
  throw refusal(deps, workflow, messageOf(refused));
}

/** A token that was made for somebody else too can be sent here by them. */
function requireForUsAlone(claims: Claims, audience: string): void {
  const found = claims['aud'];
  if (found === audience || (Array.isArray(found) && found.length === 1)) return;
  throw identityError(
    'identity_pipeline_refused',
    `it is made for several audiences, expected ${JSON.stringify(audience)} alone`,
  );
}

/** One answer for a workflow that is not there, one that trusts nobody, and a token that nobody signed. */
function refusal(
  deps: { readonly publicUrl: string; readonly log: Logger },
  of: Workflow,
  reason: string,
): Error {
  const name = `${of.organization}/${of.project}/${of.workflow}`;
  deps.log.info({ workflow: name, reason: reason.slice(0, 300) }, 'token of a pipeline refused');
  return identityError(
    'identity_pipeline_refused',
    `not accepted for the workflow ${name}. Expected a token of an issuer that the workflow trusts (waybill workflow ` +
      `trust), signed by it, for the audience ${audienceFor(deps, of.organization)} unless the trust names another.`,
  );
}

interface Mismatch {
  readonly claim: string;
  readonly expected: string;
  readonly found: string;
}

function mismatchesOf(rule: TrustRule, claims: Claims): readonly Mismatch[] {
  const expected = [['sub', rule.subject], ...Object.entries(rule.claims)] as const;
  return expected.flatMap(([claim = '', pattern = '']) => {
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
    const text = textOf(value);
    if (text !== undefined && patternMatches(pattern, text)) return [];
    return [{ claim, expected: shown(pattern), found: foundText(value) }];
  });
}

/** Numbers and truth values as JSON writes them; a list or an object matches nothing. */
function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

function foundText(value: Json | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  return shown(textOf(value) ?? JSON.stringify(value));
}

function shown(text: string): string {
  return quoted(text, 300);
}

async function untrusted(
  deps: PipelineDeps,
  of: Workflow,
  { claims, trusts }: Verified,
): Promise<CodedError<IdentityCode>> {
  const [nearest] = trusts
    .map((trust) => ({ trust, mismatches: mismatchesOf(trust.rule, claims) }))
    .toSorted((a, b) => a.mismatches.length - b.mismatches.length);
  if (nearest === undefined) throw new Error('a token was verified for no rule');
  const { trust, mismatches } = nearest;
  // Whoever has an account at a public CI system can make tokens that verify: rows of strangers are rationed.
  if (deps.refusedPipelines.take(trust.orgId) === 0) {
    await deps.db.withOrg(trust.orgId, (tx) =>
      writeAudit(tx, {
        orgId: trust.orgId,
        actor: 'anonymous',
        action: 'identity.exchange-token',
        target: `workflow:${of.project}/${of.workflow}`,
        outcome: 'refused',
        detail: { issuer: trust.rule.issuer, claims: mismatches.map(({ claim }) => claim) },
      }),
    );
  }
  const reasons = mismatches.map(
    ({ claim, expected, found }) => `claim ${claim}: expected ${expected}, found ${found}`,
  );
  return identityError(
    'identity_pipeline_untrusted',
    `the token is genuine, but the workflow ${of.organization}/${of.project}/${of.workflow} does not trust this ` +
      `pipeline: ${reasons.join('; ')}. Run it there, or change what is trusted (waybill workflow trust).`,
    { detail: { mismatches: mismatches.map((one) => ({ ...one })) } },
  );
}

async function issue(deps: PipelineDeps, trusted: Trusted, from: Asker): Promise<SignedToken> {
  const { trust, subject, build } = trusted;
  const signed = await issueAccessToken(deps, trust, subject);
  await deps.db.withOrg(trust.orgId, async (tx) => {
    if (build !== null) await insertSession(tx, sessionOf(signed, trust, build));
    await writeAudit(tx, {
      orgId: trust.orgId,
      actor: `token:${trust.id}`,
      action: 'identity.exchange-token',
      target: `token:${trust.id}`,
      outcome: 'ok',
      detail: { issuer: trust.rule.issuer, subject: subject.slice(0, 500), jti: signed.id },
      requestId: from.requestId,
    });
  });
  return signed;
}

/** The access token names it by its id, and carries nothing of it. */
function sessionOf(signed: SignedToken, trust: TrustCredential, build: BuildClaims): Session {
  const { id, issuedAt, expiresInSeconds } = signed;
  const expiresAt = new Date(issuedAt.getTime() + expiresInSeconds * 1000);
  return { id, orgId: trust.orgId, tokenId: trust.id, build, expiresAt };
}
