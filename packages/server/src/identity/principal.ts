/** Who acts, how far their reach goes, and what each role may do. Pure. */

/** The first four in order, widest first. A robot pushes the runs of its workflow, and reads what it needs for that. */
export type Role = 'owner' | 'admin' | 'member' | 'viewer' | 'robot';

/** `organization` reaches everything of the organisation; the others only what they name. */
export type Scope =
  | { readonly type: 'organization' }
  | { readonly type: 'project'; readonly project: string }
  | { readonly type: 'workflow'; readonly project: string; readonly workflow: string };

export interface Principal {
  readonly orgId: string;
  readonly orgName: string;
  readonly tokenId: string;
  readonly tokenName: string;
  readonly role: Role;
  readonly scope: Scope;
  /** Of a job that came by its CI system's own token; by it `findPipelineClaims` finds what is known of the job. */
  readonly session?: string;
}

/** What an action is about; no project means the organisation as a whole. */
export interface Target {
  readonly project?: string | undefined;
  readonly workflow?: string | undefined;
}

const RANKS: readonly Role[] = ['viewer', 'member', 'admin', 'owner'];

/** True when `role` may do all that `other` may. A robot has no rank: viewers may ask the gate, robots may attest. */
export function roleCovers(role: Role, other: Role): boolean {
  if (role === 'robot') return other === 'robot';
  if (other === 'robot') return roleCovers(role, 'member');
  return RANKS.indexOf(role) >= RANKS.indexOf(other);
}

/** True when `target` lies inside `scope`. The organisation as a whole lies inside no narrower scope. */
export function scopeCovers(scope: Scope, target: Target): boolean {
  switch (scope.type) {
    case 'organization':
      return true;
    case 'project':
      return target.project === scope.project;
    case 'workflow':
      return target.project === scope.project && target.workflow === scope.workflow;
  }
}

/** The widest target inside a scope: what a list is asked for, before its rows are filtered by `scopeCovers`. */
export function targetOf(scope: Scope): Target {
  switch (scope.type) {
    case 'organization':
      return {};
    case 'project':
      return { project: scope.project };
    case 'workflow':
      return { project: scope.project, workflow: scope.workflow };
  }
}

/** `organisation`, `project demo`, `workflow demo/build`. */
export function formatScope(scope: Scope): string {
  switch (scope.type) {
    case 'organization':
      return 'the whole organisation';
    case 'project':
      return `project ${scope.project}`;
    case 'workflow':
      return `workflow ${scope.project}/${scope.workflow}`;
  }
}

/** The actor of audit rows. */
export function actorOf(principal: Principal): string {
  return `token:${principal.tokenId}`;
}
