import { type Output, shortDigest, table } from './output.ts';
import type { MaterialStatus } from './stated-contract.ts';
import { cut } from './text.ts';

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
  const text = cut(shown, 60);
  return recorded.reference === undefined ? `${text} (${shortDigest(recorded.digest)})` : text;
}
