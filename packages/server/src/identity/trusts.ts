/** Trusted pipelines: who vouches for the jobs of a workflow, and what their tokens must say. */
import { randomBytes } from 'node:crypto';
import { quoted, toHex } from '@waybill/core/bytes';
import type { Tx } from '../ground/index.ts';
import { type Attempt, auditChange, auditRefusal } from './audit-change.ts';
import { authorize } from './authorize.ts';
import { patternFault, saysWhose } from './claim-pattern.ts';
import { checkCreator, checkNameFree, expiryOf } from './create-token.ts';
import type { IdentityDeps } from './deps.ts';
import { identityError } from './errors.ts';
import { isIssuerUrl } from './issuer-url.ts';
import { parseName } from './name.ts';
import { actorOf, type Principal } from './principal.ts';
import {
  insertTrust,
  listTrustRows,
  type PipelineCi,
  type TrustRow,
  type TrustRule,
} from './queries/trusts.ts';
import { lockOrganization, type TrustClaims, type WorkflowName } from './queries.ts';
import { revokeToken } from './revoke-token.ts';

/** Each is compared with every token that comes for the workflow. */
const MAX_TRUSTS = 20;
const MAX_CLAIMS = 20;

export interface TrustInput {
  readonly workflow: WorkflowName;
  /** Made up when left out. */
  readonly name?: string | undefined;
  readonly issuer: string;
  readonly subject: string;
  /** `<public URL>/<organisation>` unless told: no token made for another place is taken then. */
  readonly audience?: string | undefined;
  readonly claims?: TrustClaims | undefined;
  /** What CI system the issuer belongs to, where its address does not say so. */
  readonly ci?: PipelineCi | undefined;
  readonly expiresInSeconds?: number | undefined;
  readonly requestId?: string | undefined;
}

/**
 * From now on jobs with such a token push runs of the workflow without a secret. That the workflow is there is the
 * caller's to know. Throws `identity_trust_invalid`, `identity_token_exists`, `identity_name_invalid`,
 * `identity_expiry_invalid`, `identity_forbidden`.
 */
export async function addTrust(
  deps: IdentityDeps,
  principal: Principal,
  input: TrustInput,
): Promise<TrustRow> {
  const attempt = { principal, action: 'identity.add-trust', requestId: input.requestId };
  const { workflow } = input;
  const target = `workflow:${workflow.project}/${workflow.workflow}`;
  return auditRefusal(deps, attempt, target, async () => {
    authorize(principal, 'write-token', workflow);
    return add(deps, attempt, input);
  });
}

async function add(deps: IdentityDeps, attempt: Attempt, input: TrustInput): Promise<TrustRow> {
  const { principal } = attempt;
  const { workflow } = input;
  const rule = ruleOf(deps, principal, input);
  const name = parseName(input.name ?? `oidc-${toHex(randomBytes(4))}`, 'name');
  const now = deps.clock();
  const expiresAt = expiryOf(input.expiresInSeconds, now);
  return deps.db.withOrg(principal.orgId, async (tx) => {
    await lockOrganization(tx);
    await checkCreator(tx, principal, expiresAt);
    await checkNameFree(tx, name, workflow);
    await checkRoom(tx, workflow);
    const trust = await insertTrust(tx, {
      orgId: principal.orgId,
      name,
      workflow,
      rule,
      createdAt: now,
      createdBy: actorOf(principal),
      expiresAt,
    });
    await auditChange(tx, attempt, `token:${trust.id}`, {
      name,
      ...workflow,
      ...rule,
      claims: { ...rule.claims },
      expiresAt: expiresAt?.toISOString() ?? null,
    });
    return trust;
  });
}

/** Of one workflow, oldest first. Throws `identity_forbidden`. */
export async function listTrusts(
  deps: IdentityDeps,
  principal: Principal,
  workflow: WorkflowName,
): Promise<readonly TrustRow[]> {
  authorize(principal, 'write-token', workflow);
  return deps.db.withOrg(principal.orgId, (tx) => listTrustRows(tx, workflow));
}

/** By name or id. Tokens that were exchanged by it end with it. Throws `identity_trust_not_found`, `identity_forbidden`. */
export async function removeTrust(
  deps: IdentityDeps,
  principal: Principal,
  input: {
    readonly workflow: WorkflowName;
    readonly trust: string;
    readonly requestId?: string | undefined;
  },
): Promise<void> {
  const { workflow, trust, requestId } = input;
  const rows = await listTrusts(deps, principal, workflow);
  const found = rows.find(({ id, name }) => id === trust || name === trust);
  if (found === undefined) {
    throw identityError(
      'identity_trust_not_found',
      `The workflow ${workflow.project}/${workflow.workflow} trusts no pipeline ${quoted(trust)}: ` +
        '`waybill workflow trust list` shows those that it does.',
    );
  }
  await revokeToken(deps, principal, { id: found.id, requestId });
}

async function checkRoom(tx: Tx, workflow: WorkflowName): Promise<void> {
  if ((await listTrustRows(tx, workflow)).length < MAX_TRUSTS) return;
  throw invalid(`a workflow trusts ${MAX_TRUSTS} pipelines at most: remove one first`);
}

function ruleOf(deps: IdentityDeps, principal: Principal, input: TrustInput): TrustRule {
  const { issuer, subject, claims = {}, ci = null } = input;
  if (!isIssuerUrl(issuer) || issuer.length > 500) {
    throw invalid(
      'issuer: expected the URL as its tokens state it in iss, such as https://gitlab.example.com',
    );
  }
  if (new URL(issuer).origin === deps.publicUrl) {
    throw invalid('issuer: tokens of this server itself need no trust; an API token is exchanged for them');
  }
  checkPattern('subject', subject);
  for (const [name, pattern] of Object.entries(claims)) checkClaim(name, pattern);
  if (Object.keys(claims).length > MAX_CLAIMS) throw invalid(`claims: ${MAX_CLAIMS} at most`);
  if (!saysWhose(subject)) {
    throw invalid(
      `subject: ${quoted(subject)} takes everybody who gets tokens of ${issuer}: two parts must stand before the ` +
        'first *, such as repo:acme/*',
    );
  }
  return { issuer, subject, audience: audienceOf(deps, principal, input.audience), claims, ci };
}

/** Names the organisation: no token that a pipeline made for one of them can be used up by another. */
function audienceOf(deps: IdentityDeps, principal: Principal, given: string | undefined): string {
  const own = audienceFor(deps, principal.orgName);
  const audience = given ?? own;
  if (audience !== own && URL.canParse(audience) && new URL(audience).origin === deps.publicUrl) {
    throw invalid(`audience: of those at this server only ${own} is this organisation's`);
  }
  if (audience.length <= 255 && /^[\x21-\x7e]+$/.test(audience)) return audience;
  throw invalid('audience: expected at most 255 printable characters without spaces');
}

/** What tokens are asked for where nobody says otherwise. */
export function audienceFor({ publicUrl }: Pick<IdentityDeps, 'publicUrl'>, organization: string): string {
  return `${publicUrl}/${organization}`;
}

/** Issuer, subject, audience and time have rules of their own. */
const OWN_RULES: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat']);

function checkClaim(name: string, pattern: string): void {
  if (OWN_RULES.has(name) || !/^[\x21-\x7e]{1,100}$/.test(name)) {
    throw invalid(`claims: ${quoted(name)} is no claim that can be asked for`);
  }
  checkPattern(`claim ${name}`, pattern);
}

function checkPattern(what: string, pattern: string): void {
  const fault = patternFault(pattern);
  if (fault !== undefined) throw invalid(`${what}: ${fault}`);
}

function invalid(reason: string): Error {
  return identityError('identity_trust_invalid', `Not to be trusted: ${reason}.`);
}
