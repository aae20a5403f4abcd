import type { App } from '../../ground/index.ts';
import { ctRoutes } from './ct.ts';
import { ownRoutes } from './own.ts';
import { type RekorRoutesDeps, rekorRoutes } from './rekor.ts';
import { tileRoutes } from './tiles.ts';

export interface TlogRoutesDeps extends RekorRoutesDeps {
  /** DER, of every authority that ever issued certificates here: its own certificate first, its root last. */
  issuerChains(): readonly (readonly Uint8Array[])[];
}

/**
 * Rekor v2 under `/api/v2`, RFC 6962 under `/ct/v1`, the files of each log, and our own view of them under
 * `/waybill/v1/log`. Public: logs hold hashes and certificates.
 */
export function tlogRoutes(deps: TlogRoutesDeps): (app: App) => Promise<void> {
  return async (app) => {
    await app.register(rekorRoutes(deps));
    await app.register(ctRoutes(deps));
    tileRoutes(app, deps.tlog);
    ownRoutes(app, deps.tlog);
  };
}
