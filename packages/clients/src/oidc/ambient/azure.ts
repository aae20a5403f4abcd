import { askForToken, urlFrom } from './ask-for-token.ts';
import type { Provider } from './provider.ts';

/**
 * For steps with `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`; the service connection is the subject of the token.
 * Its audience is Azure's own (`api://AzureADTokenExchange`), whatever is asked for.
 */
export const azure: Provider = async ({ env, fetch, now }) => {
  const { SYSTEM_OIDCREQUESTURI: address, SYSTEM_ACCESSTOKEN: bearer } = env;
  const connection = env['AZURESUBSCRIPTION_SERVICE_CONNECTION_ID'];
  if (!address || !bearer || !connection) return null;
  const url = urlFrom('SYSTEM_OIDCREQUESTURI', address);
  url.searchParams.set('api-version', '7.1');
  url.searchParams.set('serviceConnectionId', connection);
  return askForToken(
    { name: 'Azure Pipelines', url, method: 'POST', bearer, member: 'oidcToken' },
    { fetch, now },
  );
};
