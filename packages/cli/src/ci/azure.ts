import type { CiProvider } from './provider.ts';

export const azure: CiProvider = {
  type: 'AZURE_PIPELINE',
  detect: ({ env }) => Boolean(env['TF_BUILD'] && env['BUILD_BUILDURI']),
  url: (env) => {
    const { SYSTEM_TEAMFOUNDATIONSERVERURI: server, SYSTEM_TEAMPROJECT: project, BUILD_BUILDID: id } = env;
    if (!server || !project || !id) return undefined;
    return `${server.replace(/\/$/, '')}/${encodeURIComponent(project)}/_build/results?buildId=${encodeURIComponent(id)}`;
  },
  change: (env) => {
    // A number where the repository is at GitHub, an id where it is in Azure Repos.
    const id = env['SYSTEM_PULLREQUEST_PULLREQUESTNUMBER'] || env['SYSTEM_PULLREQUEST_PULLREQUESTID'];
    if (!id) return undefined;
    const { SYSTEM_PULLREQUEST_SOURCEBRANCH: source, SYSTEM_PULLREQUEST_TARGETBRANCH: target } = env;
    return { id, ...(source ? { sourceBranch: source } : {}), ...(target ? { targetBranch: target } : {}) };
  },
};
