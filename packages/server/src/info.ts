import { ServerInfo } from '@waybill/api';
import type { App } from './ground/index.ts';
import type { Trust } from './trust/index.ts';

/** What a client needs before it has a token. */
export function infoRoutes(facts: {
  readonly version: string;
  readonly publicUrl: string;
  readonly trust: Pick<Trust, 'issuerUrl' | 'serverIdentity'>;
}) {
  return async (app: App): Promise<void> => {
    app.get(
      '/waybill/v1/info',
      { schema: { tags: ['server'], summary: 'Facts about this server', response: { 200: ServerInfo } } },
      async () => ({
        version: facts.version,
        url: facts.publicUrl,
        issuer: facts.trust.issuerUrl,
        verifier: facts.trust.serverIdentity,
      }),
    );
  };
}
