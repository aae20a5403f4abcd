import type { CiProvider } from './provider.ts';

export const azure: CiProvider = {
  type: 'AZURE_PIPELINE',
  detect: ({ env }) => Boolean(env['TF_BUILD'] && env['BUILD_BUILDURI']),
  url: (env) => {
    const { SYSTEM_TEAMFOUNDATIONSERVERURI: server, SYSTEM_TEAMPROJECT: project, BUILD_BUILDID: id } = env;
    if (!server || !project || !id) return undefined;
    return `${server.replace(/\/$/, '')}/${encodeURIComponent(project)}/_build/results?buildId=${encodeURIComponent(id)}`;
  },
};
