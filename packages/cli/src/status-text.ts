import { type Output, shortDigest, table } from './output.ts';
import type { MaterialStatus } from './stated-contract.ts';

/** The materials of an attestation as a table: what the contract wants, what is there, what is missing. */
export function statusTable(status: readonly MaterialStatus[], output: Output): string {
  if (status.length === 0) return 'the contract wants no materials';
  return table(status, [
    { title: 'MATERIAL', of: (row) => row.name },
    { title: 'KIND', of: (row) => row.kind },
    { title: 'NEED', of: needText },
    { title: 'STATE', of: (row) => stateText(row, output) },
    { title: 'VALUE', of: valueText },
  ]);
}

function needText(row: MaterialStatus): string {
  const need = row.need === 'group' ? `one of group ${row.group}` : row.need;
  return row.output ? `${need}, output` : need;
}

function stateText(row: MaterialStatus, output: Output): string {
  if (row.recorded) return output.paint('green', 'recorded');
  return row.missing ? output.paint('red', 'missing') : output.paint('dim', 'not recorded');
}

function valueText({ recorded }: MaterialStatus): string {
  if (!recorded) return '';
  const shown = recorded.reference ?? recorded.value ?? recorded.filename ?? '';
  const cut = shown.length > 60 ? `${shown.slice(0, 59)}…` : shown;
  return recorded.reference === undefined ? `${cut} (${shortDigest(recorded.digest)})` : cut;
}
