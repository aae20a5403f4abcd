/** Robot accounts: API tokens that push the runs of one workflow, and do nothing else. */
import type { Secret } from '@waybill/core';
import type { Tx } from '../ground/index.ts';
import { createApiToken, hashApiToken } from './api-token.ts';
import { type Attempt, auditChange, auditRefusal } from './audit-change.ts';
import { authorize } from './authorize.ts';
import { checkCreator, createToken, expiryOf } from './create-token.ts';
import type { IdentityDeps } from './deps.ts';
import { identityError } from './errors.ts';
import { actorOf, type Principal } from './principal.ts';
import {
  findLiveTokenByName,
  findToken,
  insertToken,
  listRobotRows,
  lockOrganization,
  markReplaced,
  markRevoked,
  type TokenRow,
  type WorkflowName,
} from './queries.ts';
import { isTokenId, revokeToken } from './revoke-token.ts';

export interface CreatedAccount {
  readonly token: TokenRow;
  readonly secret: Secret<string>;
}

/** One account by id or name. */
export interface AccountInput {
  readonly workflow: WorkflowName;
  readonly account: string;
  readonly requestId?: string | undefined;
}

/** As `createToken`. That the workflow is there is the caller's to know. */
export function createRobotAccount(
  deps: IdentityDeps,
  principal: Principal,
  input: {
    readonly workflow: WorkflowName;
    readonly name: string;
    readonly expiresInSeconds?: number | undefined;
    readonly requestId?: string | undefined;
  },
): Promise<CreatedAccount> {
  const { workflow, ...rest } = input;
  const { project } = workflow;
  const scope = { type: 'workflow', project, workflow: workflow.workflow } as const;
  return createToken(deps, principal, { ...rest, role: 'robot', scope });
}

/** Of one workflow, newest first, revoked ones too. Throws `identity_forbidden`. */
export async function listRobotAccounts(
  deps: IdentityDeps,
  principal: Principal,
  workflow: WorkflowName,
): Promise<readonly TokenRow[]> {
  authorize(principal, 'write-token', workflow);
  return deps.db.withOrg(principal.orgId, (tx) => listRobotRows(tx, workflow));
}

/** At once and for good; again is no error. Throws `identity_token_not_found`, `identity_forbidden`. */
export async function revokeRobotAccount(
  deps: IdentityDeps,
  principal: Principal,
  input: AccountInput,
): Promise<void> {
  authorize(principal, 'write-token', input.workflow);
  const { id } = await deps.db.withOrg(principal.orgId, (tx) => requireAccount(tx, input));
  await revokeToken(deps, principal, { id, requestId: input.requestId });
}

const MAX_GRACE_SECONDS = 30 * 86_400;

export interface RotateInput extends AccountInput {
  /** How long the old secret is good beside the new one; not at all unless told. */
  readonly graceSeconds?: number | undefined;
  /** Of the new one; the length of the old one's life unless told. */
  readonly expiresInSeconds?: number | undefined;
}

/**
 * A new secret under the old name. The old one ends now, or after the grace that is given, never later than it would
 * have. One that has expired can be rotated; one that was revoked cannot. Throws `identity_token_not_found`,
 * `identity_token_ended`, `identity_expiry_invalid`, `identity_forbidden`.
 */
export async function rotateRobotAccount(
  deps: IdentityDeps,
  principal: Principal,
  input: RotateInput,
): Promise<CreatedAccount> {
  const attempt = { principal, action: 'identity.rotate-token', requestId: input.requestId };
  return auditRefusal(deps, attempt, `token:${input.account.slice(0, 80)}`, async () => {
    authorize(principal, 'write-token', input.workflow);
    return rotate(deps, attempt, input);
  });
}

async function rotate(deps: IdentityDeps, attempt: Attempt, input: RotateInput): Promise<CreatedAccount> {
  const { principal } = attempt;
  const graceSeconds = graceOf(input.graceSeconds);
  const now = deps.clock();
  const secret = createApiToken();
  return deps.db.withOrg(principal.orgId, async (tx) => {
    await lockOrganization(tx);
    const old = await requireAccount(tx, input);
    if (old.revokedAt !== null || old.replacedAt !== null) throw ended(old);
    const expiresAt = expiryOf(input.expiresInSeconds ?? lifeSecondsOf(old), now);
    await checkCreator(tx, principal, expiresAt);
    await retire(tx, old, { now, graceSeconds });
    const token = await insertToken(tx, {
      orgId: principal.orgId,
      name: old.name,
      hash: hashApiToken(secret.reveal()),
      role: old.role,
      scope: old.scope,
      createdAt: now,
      createdBy: actorOf(principal),
      expiresAt,
    });
    await auditChange(tx, attempt, `token:${old.id}`, {
      name: old.name,
      successor: token.id,
      graceSeconds,
      expiresAt: expiresAt?.toISOString() ?? null,
    });
    return { token, secret };
  });
}

async function retire(
  tx: Tx,
  old: TokenRow,
  { now, graceSeconds }: { readonly now: Date; readonly graceSeconds: number },
): Promise<void> {
  if (graceSeconds === 0) return markRevoked(tx, old.id, now);
  const end = new Date(now.getTime() + graceSeconds * 1000);
  const expiresAt = old.expiresAt !== null && old.expiresAt < end ? old.expiresAt : end;
  return markReplaced(tx, old.id, { replacedAt: now, expiresAt });
}

function graceOf(seconds = 0): number {
  if (Number.isSafeInteger(seconds) && seconds >= 0 && seconds <= MAX_GRACE_SECONDS) return seconds;
  throw identityError(
    'identity_expiry_invalid',
    `graceSeconds: expected a whole number from 0 to ${MAX_GRACE_SECONDS} (30 days), found ${seconds}`,
  );
}

function lifeSecondsOf({ createdAt, expiresAt }: TokenRow): number | undefined {
  return expiresAt === null ? undefined : Math.round((expiresAt.getTime() - createdAt.getTime()) / 1000);
}

/** Of this workflow and no other. By name the one that has it now. */
async function requireAccount(tx: Tx, { workflow, account }: AccountInput): Promise<TokenRow> {
  const byId = isTokenId(account) ? await findToken(tx, account) : undefined;
  const found = byId ?? (await findLiveTokenByName(tx, account, workflow));
  if (found !== undefined && isOf(found, workflow)) return found;
  const { project } = workflow;
  throw identityError(
    'identity_token_not_found',
    `The workflow ${project}/${workflow.workflow} has no robot account ${JSON.stringify(account.slice(0, 80))}: ` +
      '`waybill workflow robot-account list` shows them.',
  );
}

function isOf({ role, scope, trustIssuer }: TokenRow, { project, workflow }: WorkflowName): boolean {
  if (trustIssuer !== null) return false;
  return (
    role === 'robot' && scope.type === 'workflow' && scope.project === project && scope.workflow === workflow
  );
}

function ended(token: TokenRow): Error {
  const how = token.revokedAt === null ? 'was rotated before' : 'was revoked';
  return identityError(
    'identity_token_ended',
    `The robot account "${token.name}" (${token.id}) ${how}. Rotate its successor, or create another one.`,
  );
}
