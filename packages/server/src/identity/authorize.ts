import { identityError } from './errors.ts';
import { formatScope, type Principal, type Role, roleCovers, scopeCovers, type Target } from './principal.ts';

export type Action =
  | 'read'
  | 'pull'
  | 'decide'
  | 'attest'
  | 'push'
  | 'write-workflow'
  | 'write-contract'
  | 'write-token'
  | 'write-key'
  | 'write-issuer'
  | 'read-audit'
  | 'retry-dead-letter';

/** The least role for each action. */
const LEAST_ROLE: Readonly<Record<Action, Role>> = {
  read: 'viewer',
  pull: 'viewer',
  decide: 'viewer',
  attest: 'member',
  push: 'member',
  'write-workflow': 'member',
  'write-contract': 'admin',
  'write-token': 'admin',
  'write-key': 'admin',
  'write-issuer': 'admin',
  'read-audit': 'admin',
  'retry-dead-letter': 'owner',
};

/**
 * Throws `identity_forbidden` unless the principal's role allows the action and its scope covers the target.
 * Without a target the action is on the organisation as a whole, which a narrower token may not do: a list
 * asks for `targetOf(principal.scope)` and filters its rows by `scopeCovers`.
 */
export function authorize(principal: Principal, action: Action, target: Target = {}): void {
  const least = LEAST_ROLE[action];
  const who = `Token "${principal.tokenName}"`;
  if (!roleCovers(principal.role, least)) {
    throw identityError(
      'identity_forbidden',
      `${who} has the role ${principal.role}; "${action}" needs ${least} or more. Use a token with that role.`,
      { detail: { action, role: principal.role, leastRole: least } },
    );
  }
  if (!scopeCovers(principal.scope, target)) {
    throw identityError(
      'identity_forbidden',
      `${who} acts only inside ${formatScope(principal.scope)}; "${action}" was asked for ${formatTarget(target)}. ` +
        'Use a token whose scope covers it.',
      { detail: { action, scope: principal.scope } },
    );
  }
}

function formatTarget(target: Target): string {
  if (target.project === undefined) return 'the whole organisation';
  return target.workflow === undefined
    ? `project ${target.project}`
    : `workflow ${target.project}/${target.workflow}`;
}
