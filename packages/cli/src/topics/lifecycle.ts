import { columns } from './columns.ts';

export function text(): string {
  return `${columns([
    ['attestation init', 'starts a run on the server, and shows what its contract wants'],
    ['attestation add', 'reads, checks and uploads a material, and notes its digest'],
    ['attestation status', 'shows what is recorded and what is missing; asks no server'],
    ['attestation push', 'signs, pushes, and shows the verdict; the exit code is 4 when it is FAILED'],
    ['attestation reset', 'gives the run up'],
    ['attest', 'all of it in one process'],
    ['attestation verify RUN', 'verifies what was pushed, and the verdict about it, here'],
  ])}

A run is INITIALIZED, then PASSED or FAILED by the server's verdict, CANCELLED by reset, or
EXPIRED when nothing was pushed in time (status shows until when).

When a command fails, run the same command again: a material that the server has is not sent
again, and a signed attestation is sent byte for byte as it was, which the server judges once.
What is incomplete is stored with the verdict FAILED and its reasons, never lost.
init --replace gives up what is open and starts anew;
--dry-run shows what a run would owe, and opens one that only stands here: add, status and
push try it out, and push prints what it would sign.`;
}
