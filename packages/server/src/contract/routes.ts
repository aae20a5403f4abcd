import type { App } from '../ground/index.ts';
import { type IdentityDeps, signInFirst } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractPaths } from './routes/contracts.ts';
import { projectPaths } from './routes/projects.ts';
import { robotAccountPaths } from './routes/robot-accounts.ts';
import { trustPaths } from './routes/trusts.ts';
import { workflowPaths } from './routes/workflows.ts';

export interface ContractRoutesDeps extends ContractDeps {
  readonly identity: IdentityDeps;
}

/** `/waybill/v1/contracts`, `/waybill/v1/projects` and `/waybill/v1/workflows`. */
export function contractRoutes(deps: ContractRoutesDeps): (app: App) => Promise<void> {
  return async (app) => {
    const who = signInFirst(app, deps.identity);
    contractPaths(app, deps, who);
    projectPaths(app, deps, who);
    workflowPaths(app, deps, who);
    robotAccountPaths(app, deps, who);
    trustPaths(app, deps, who);
  };
}
