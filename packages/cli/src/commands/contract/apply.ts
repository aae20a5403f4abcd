import path from 'node:path';
import type { DocumentFinding } from '@waybill/api';
import { fromUtf8 } from '@waybill/core/bytes';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { readNamedBytes } from '../../files.ts';

export const command = defineCommand({
  summary: 'Create a contract, or its next revision when it differs from the newest',
  arguments: [{ name: 'FILE', summary: 'Contract document, YAML or JSON', required: true }],
  options: {
    name: { type: 'string', value: 'NAME', summary: 'Needed for v1 documents, which carry no name' },
    strict: { type: 'boolean', summary: 'Unknown keys are errors, not warnings' },
  },
  examples: [
    'waybill contract apply contract.yaml',
    'waybill contract apply contract-v1.yaml --name release --strict',
  ],
  run: async (session, { options, args }) => {
    const file = args[0] ?? '';
    const document = fromUtf8(await readNamedBytes(path.resolve(session.cwd, file)), file);
    const { client } = await connect(session);
    const applied = await client.applyContract({
      document,
      filename: path.basename(file),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.strict ? { strict: true } : {}),
    });
    for (const warning of applied.warnings) session.output.note(`${file}:${findingText(warning)}`);
    session.output.data(applied, () =>
      applied.changed
        ? `contract ${applied.name} revision ${applied.revision} applied (${applied.digest})`
        : `contract ${applied.name} is unchanged: revision ${applied.revision} (${applied.digest})`,
    );
    return EXIT.ok;
  },
});

function findingText(finding: DocumentFinding): string {
  const hint = finding.suggestion === undefined ? '' : `: did you mean ${finding.suggestion}?`;
  return `${finding.line}:${finding.column}: warning: ${finding.message}${hint}`;
}
