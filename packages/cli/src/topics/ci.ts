import { columns } from './columns.ts';

export function text(): string {
  return `The token of a command is the first of these:

${columns([
  ['--token-file FILE', 'a file'],
  ['WAYBILL_TOKEN', 'a secret variable of the pipeline'],
  ['CHAINLOOP_ROBOT_ACCOUNT', 'the same, where jobs have this name for it'],
  ['waybill login', 'saved for the server that it was saved for, and no other'],
  ["the CI system's token", 'of this very job, when the workflow trusts it: no secret at all'],
])}

Without a secret, once, as an admin:
  waybill workflow trust --workflow demo/build --issuer github \\
    --subject repo:acme/app:ref:refs/heads/main
From then on jobs that match need no token. What they need to have:
${columns([
  ['GitHub Actions', 'permissions: { id-token: write }'],
  ['GitLab', 'id_tokens: { WAYBILL_ID_TOKEN: { aud: SERVER/ORGANISATION } }'],
  ['Buildkite', 'buildkite-agent on the PATH'],
  ['CircleCI', 'nothing'],
  ['Azure Pipelines', 'SYSTEM_ACCESSTOKEN: $(System.AccessToken), in a step of a service connection'],
  ['others', 'the token in WAYBILL_ID_TOKEN, or its file in WAYBILL_ID_TOKEN_FILE'],
])}

With a secret: waybill workflow robot-account create --workflow demo/build
It can push runs of that workflow and nothing besides.`;
}
