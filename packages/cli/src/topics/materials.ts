import { MATERIAL_KINDS, SUPPORTED_KINDS } from '@waybill/core/material';

export function text(): string {
  const others = MATERIAL_KINDS.filter((kind) => !SUPPORTED_KINDS.includes(kind));
  return `Kinds, in the order in which a file is tried when nobody says its kind:

${inColumns(SUPPORTED_KINDS)}
${others.length === 0 ? '' : `\nKnown by name, and refused in a contract as nothing here can check them:\n\n${inColumns(others)}\n`}
A material is read and checked before it is sent, and the server checks it again.
  --value FILE                a document or artifact; a directory: pack it first
  --value HOST/NAME:TAG       an image: its digest is recorded, it stays in its registry
  --value TEXT                a STRING; it travels in the statement, 64 KiB at most
Without --name it is the only material of the contract of that kind that is still open. A name
beyond the contract needs --kind. attest takes NAME=VALUE, or NAME:KIND=VALUE beyond it.`;
}

/** Two a line. */
function inColumns(names: readonly string[]): string {
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const half = Math.ceil(names.length / 2);
  return names
    .slice(0, half)
    .map((name, index) => `  ${name.padEnd(width)}${names[index + half] ?? ''}`.trimEnd())
    .join('\n');
}
