import { columns } from './columns.ts';

export function text(): string {
  return `Who signs an attestation (attest, attestation push):
${columns([
  ['without --key', 'the workflow: a certificate of ten minutes, its key lives as long as the command'],
  ['--key FILE', 'a key that waybill key add has registered'],
  ['--key env://NAME', 'the same, from a variable'],
])}

Who signs files (sign, attest-blob), the first that there is:
${columns([
  ['--key KEY', 'a key'],
  ['--identity-token', 'the token, or a file with it'],
  ['--project --workflow', 'that workflow, by the API token'],
  ['SIGSTORE_ID_TOKEN', 'a token for the audience sigstore'],
  ['GitHub, Buildkite', 'the job, by its token service'],
  ['the API token', 'the one workflow that it reaches'],
])}

Who must have signed (verify, attestation verify, slsa …): one of
${columns([
  ['--certificate-identity', 'the name in the certificate, together with'],
  ['--certificate-oidc-issuer', 'who vouched for it: a name alone means nothing'],
  ['--key FILE', 'a public key, in place of both'],
])}
* stands for any text in the first two. Each command's --help says which it takes.`;
}
