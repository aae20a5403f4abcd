import { columns } from './columns.ts';

export function text(): string {
  return `${columns([
    ['~/.config/waybill/config.json', 'server and token, by waybill login; mode 0600'],
    ['.waybill/attestation-NAME.json', 'an open attestation, in the directory where init ran'],
    ['.waybill/attestation-RUN.json', 'one that attest has signed and nobody knows if it arrived'],
    ['~/.local/share/waybill/tuf/', 'what waybill trust fetch has seen, so that nothing older is taken'],
    ['~/.docker/config.json', "read, never written: other registries' credentials"],
  ])}

An open attestation holds no secret. It is written as a whole or not at all, under a lock, so
that several \`attestation add\` may run at once. Name several with --attestation, or say where
it is with --state. push and reset remove it; a push that fails in between keeps it, and
the same command again sends the same bytes.`;
}
