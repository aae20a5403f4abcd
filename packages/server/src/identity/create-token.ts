import { type CodedError, Secret } from '@waybill/core';
import type { Tx } from '../ground/index.ts';
import { createApiToken, hashApiToken } from './api-token.ts';
import { type Attempt, auditChange, auditRefusal } from './audit-change.ts';
import { authorize } from './authorize.ts';
import type { IdentityDeps } from './deps.ts';
import { type IdentityCode, identityError } from './errors.ts';
import { parseName } from './name.ts';
import {
  actorOf,
  formatScope,
  type Principal,
  type Role,
  roleCovers,
  type Scope,
  targetOf,
} from './principal.ts';
import {
  findLiveTokenByName,
  findToken,
  insertToken,
  lockOrganization,
  type TokenRow,
  type WorkflowName,
} from './queries.ts';

export interface CreateTokenInput {
  readonly name: string;
  readonly role: Role;
  /** The creator's own scope when left out. */
  readonly scope?: Scope | undefined;
  readonly expiresInSeconds?: number | undefined;
  readonly requestId?: string | undefined;
}

/**
 * A new API token; the only time its text is seen. Never wider than its creator: not in role, not in scope, not in
 * time. Throws `identity_forbidden`, `identity_token_exists`, `identity_name_invalid`, `identity_expiry_invalid`,
 * `identity_scope_invalid` for a robot account of no workflow.
 */
export async function createToken(
  deps: IdentityDeps,
  principal: Principal,
  input: CreateTokenInput,
): Promise<{ readonly token: TokenRow; readonly secret: Secret<string> }> {
  const attempt = { principal, action: 'identity.create-token', requestId: input.requestId };
  const name = parseName(input.name, 'token name');
  return auditRefusal(deps, attempt, `token-name:${name}`, () => create(deps, attempt, { ...input, name }));
}

async function create(
  deps: IdentityDeps,
  attempt: Attempt,
  input: CreateTokenInput,
): Promise<{ readonly token: TokenRow; readonly secret: Secret<string> }> {
  const { principal } = attempt;
  const scope = parseScope(input.scope ?? principal.scope);
  authorize(principal, 'write-token', targetOf(scope));
  if (!roleCovers(principal.role, input.role)) throw tooWide(principal, `the role ${input.role}`);
  const workflow = input.role === 'robot' ? workflowOf(scope) : null;
  const now = deps.clock();
  const expiresAt = expiryOf(input.expiresInSeconds, now);
  const secret = createApiToken();
  return deps.db.withOrg(principal.orgId, async (tx) => {
    await lockOrganization(tx);
    await checkCreator(tx, principal, expiresAt);
    await checkNameFree(tx, input.name, workflow);
    const token = await insertToken(tx, {
      orgId: principal.orgId,
      name: input.name,
      hash: hashApiToken(secret.reveal()),
      role: input.role,
      scope,
      createdAt: now,
      createdBy: actorOf(principal),
      expiresAt,
    });
    await auditChange(tx, attempt, `token:${token.id}`, {
      name: token.name,
      role: token.role,
      scope: { ...scope },
      expiresAt: expiresAt?.toISOString() ?? null,
    });
    return { token, secret };
  });
}

function parseScope(scope: Scope): Scope {
  if (scope.type !== 'organization') parseName(scope.project, 'project');
  if (scope.type === 'workflow') parseName(scope.workflow, 'workflow');
  return scope;
}

function workflowOf(scope: Scope): WorkflowName {
  if (scope.type === 'workflow') return scope;
  throw identityError(
    'identity_scope_invalid',
    'scope: a robot account belongs to one workflow, expected {"type": "workflow", "project": …, "workflow": …}',
  );
}

export function expiryOf(seconds: number | undefined, now: Date): Date | null {
  if (seconds === undefined) return null;
  if (!Number.isSafeInteger(seconds) || seconds < 60 || seconds > 10 * 366 * 86_400) {
    throw identityError(
      'identity_expiry_invalid',
      `expiresInSeconds: expected a whole number from 60 to ten years, found ${seconds}`,
    );
  }
  return new Date(now.getTime() + seconds * 1000);
}

/** Read again under the lock: the creator may have been revoked since the request was authenticated. */
export async function checkCreator(tx: Tx, principal: Principal, expiresAt: Date | null): Promise<void> {
  const creator = await findToken(tx, principal.tokenId);
  if (creator === undefined || creator.revokedAt !== null) {
    throw identityError('identity_unauthenticated', `This API token ("${principal.tokenName}") was revoked.`);
  }
  if (creator.expiresAt !== null && (expiresAt === null || expiresAt > creator.expiresAt)) {
    throw tooWide(principal, `a life beyond its own end at ${creator.expiresAt.toISOString()}`);
  }
}

export async function checkNameFree(tx: Tx, name: string, workflow: WorkflowName | null): Promise<void> {
  const existing = await findLiveTokenByName(tx, name, workflow);
  if (existing === undefined) return;
  throw identityError(
    'identity_token_exists',
    `A token named "${name}" exists (id ${existing.id}). Revoke it first, or choose another name.`,
    { detail: { tokenId: existing.id } },
  );
}

function tooWide(principal: Principal, what: string): CodedError<IdentityCode> {
  return identityError(
    'identity_forbidden',
    `Token "${principal.tokenName}" (${principal.role}, ${formatScope(principal.scope)}) cannot create a token ` +
      `with ${what}: a token never creates one wider than itself.`,
  );
}
