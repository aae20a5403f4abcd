import { isCoded } from '@waybill/core';
import { isRepository, MAX_REPOSITORY_LENGTH } from '@waybill/core/oci';
import {
  authorize,
  type Principal,
  type RegistryAccess,
  type RegistryAction,
  scopeCovers,
} from '../identity/index.ts';
import { registryError } from './errors.ts';

/** Who asks, and with what: a registry token is limited to what was granted; null is all that the principal may. */
export interface Caller {
  readonly principal: Principal;
  readonly granted: readonly RegistryAccess[] | null;
}

const ACTIONS: readonly RegistryAction[] = ['pull', 'push', 'delete'];

/**
 * The actions that a principal's role and scope allow in a repository; none outside its organisation.
 * A project's token, and a workflow's too, reaches `<org>/<project>` and all below it; a robot account its workflow's
 * own `<org>/<project>/<workflow>` and what is below that. Deleting takes away evidence: admin or owner only.
 */
export function allowedActions(principal: Principal, repository: string): readonly RegistryAction[] {
  const [organization, project, workflow] = repository.split('/');
  if (!isRepository(repository) || organization !== principal.orgName) return [];
  const isOfRobot = principal.role !== 'robot' || scopeCovers(principal.scope, { project, workflow });
  return isOfRobot ? ACTIONS.filter((action) => mayAct(principal, action, project)) : [];
}

function mayAct(principal: Principal, action: RegistryAction, project: string | undefined): boolean {
  if (action === 'delete' && principal.role !== 'admin' && principal.role !== 'owner') return false;
  const { scope } = principal;
  const target = scope.type === 'workflow' ? { project, workflow: scope.workflow } : { project };
  try {
    authorize(principal, action === 'pull' ? 'pull' : 'push', target);
    return true;
  } catch (error) {
    if (isCoded(error, 'identity_forbidden')) return false;
    throw error;
  }
}

/** The intersection of what is asked and what is allowed: never an error (distribution "Token Authentication"). */
export function grantAccess(
  principal: Principal,
  asked: readonly RegistryAccess[],
): readonly RegistryAccess[] {
  return asked
    .map(({ type, name, actions }) => {
      const allowed = allowedActions(principal, name);
      return { type, name, actions: allowed.filter((action) => actions.includes(action)) };
    })
    .filter((access) => access.actions.length > 0);
}

/**
 * Throws unless the caller may do `action` in `repository`: `registry_name_invalid`; `registry_name_unknown` for
 * another organisation, whether it exists or not; `registry_unauthorized` when only the token is too narrow, so
 * that the client fetches a wider one; `registry_denied`.
 */
export function requireAccess(caller: Caller, action: RegistryAction, repository: string): void {
  if (!isRepository(repository)) throw nameInvalid(repository);
  const { principal, granted } = caller;
  if (repository.split('/')[0] !== principal.orgName) throw nameUnknown(repository);
  if (!allowedActions(principal, repository).includes(action)) {
    throw registryError(
      'registry_denied',
      `Token "${principal.tokenName}" (role ${principal.role}, scope ${principal.scope.type}) may not ${action} in ` +
        `${repository}. Use a token whose role and scope allow it.`,
      { detail: { repository, action } },
    );
  }
  const within = granted?.some((access) => access.name === repository && access.actions.includes(action));
  if (within === false) {
    throw registryError(
      'registry_unauthorized',
      `This registry token was not issued for ${action} in ${repository}: ask /v2/token for that scope.`,
      { detail: { repository, action } },
    );
  }
}

export function nameUnknown(repository: string): Error {
  return registryError(
    'registry_name_unknown',
    `Repository ${repository} is not known. Names begin with your organisation: <organisation>/<project>/<image>.`,
    { detail: { repository } },
  );
}

function nameInvalid(repository: string): Error {
  return registryError(
    'registry_name_invalid',
    'Repository name not usable: expected lower-case path segments of letters and digits, joined by ".", "_" or "-" ' +
      `(at most ${MAX_REPOSITORY_LENGTH} characters), found ${JSON.stringify(repository.slice(0, 100))}.`,
  );
}
