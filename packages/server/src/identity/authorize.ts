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

/** A robot account that leaks is worth no more than this. */
const ROBOT_MAY: ReadonlySet<Action> = new Set<Action>(['read', 'pull', 'attest', 'push']);

/**
 * Throws `identity_forbidden` unless the principal's role allows the action and its scope covers the target.
 * Without a target the action is on the organisation as a whole, which a narrower token may not do: a list
 * asks for `targetOf(principal.scope)` and filters its rows by `scopeCovers`.
 */
export function authorize(principal: Principal, action: Action, target: Target = {}): void {
  const least = LEAST_ROLE[action];
  const who = `Token "${principal.tokenName}"`;
  if (!roleMay(principal.role, action)) {
    const found =
      principal.role === 'robot'
        ? 'is a robot account, which pushes the runs of its workflow and nothing else'
        : `has the role ${principal.role}`;
    throw identityError(
      'identity_forbidden',
      `${who} ${found}; "${action}" needs ${least} or more. Use a token with that role.`,
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

function roleMay(role: Role, action: Action): boolean {
  return role === 'robot' ? ROBOT_MAY.has(action) : roleCovers(role, LEAST_ROLE[action]);
}

function formatTarget(target: Target): string {
  if (target.project === undefined) return 'the whole organisation';
  return target.workflow === undefined
    ? `project ${target.project}`
    : `workflow ${target.project}/${target.workflow}`;
}
