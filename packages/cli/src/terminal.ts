/** Set by CI systems, some of which give their jobs a terminal that nobody sits at. */
const OF_CI: readonly string[] = [
  'CI',
  'GITHUB_ACTIONS',
  'GITLAB_CI',
  'TF_BUILD',
  'JENKINS_HOME',
  'BUILDKITE',
  'CIRCLECI',
  'TEAMCITY_VERSION',
  'TEAMCITY_PROJECT_NAME',
];

/** True where a person sits at the stream: a terminal that can move its cursor, and no job of a CI system. */
export function isAttended(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (stream.isTTY !== true || env['TERM'] === 'dumb') return false;
  return OF_CI.every((name) => !env[name] || env[name] === 'false');
}
