import type { CiProvider } from './provider.ts';

/** Tekton sets no variables of its own: the task hands its names on (`$(context.taskRun.name)`), the volume gives it away. */
export const tekton: CiProvider = {
  type: 'TEKTON_PIPELINE',
  detect: ({ exists }) => exists('/tekton/results'),
  url: (env) => {
    const { TEKTON_DASHBOARD_URL: dashboard, TEKTON_NAMESPACE: namespace, TEKTON_TASKRUN_NAME: name } = env;
    if (!dashboard || !namespace || !name) return undefined;
    const path = `namespaces/${encodeURIComponent(namespace)}/taskruns/${encodeURIComponent(name)}`;
    return `${dashboard.replace(/\/$/, '')}/#/${path}`;
  },
};
