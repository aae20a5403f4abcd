import { askForToken, urlFrom } from './ask-for-token.ts';
import type { Provider } from './provider.ts';

/** For jobs with `id-token: write`. docs.github.com "OpenID Connect reference": GET with the audience, `{"value": …}`. */
export const github: Provider = async ({ env, audience, fetch, now }) => {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = env;
  if (!address || !bearer) return null;
  const url = urlFrom('ACTIONS_ID_TOKEN_REQUEST_URL', address);
  url.searchParams.set('audience', await audience());
  return askForToken({ name: 'GitHub Actions', url, method: 'GET', bearer, member: 'value' }, { fetch, now });
};
