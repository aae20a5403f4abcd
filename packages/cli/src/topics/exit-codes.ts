import { EXIT } from '../exit.ts';
import { EXIT_MEANINGS } from '../exit-meanings.ts';
import { columns } from './columns.ts';

export function text(): string {
  return `${columns(
    Object.entries(EXIT).map(([name, code]) => [String(code), EXIT_MEANINGS[name as keyof typeof EXIT]]),
  )}

4 is the server's verdict and no accident: the attestation is stored, with the reasons.
A gate that answers \`error\` gives 4 as well. policy eval and policy test end as those of
opa do (2: could not be evaluated, a test failed). waybill serve ends with the server's code.
--graceful-exit, of the attestation commands, ends with 0 whatever comes of it.`;
}
