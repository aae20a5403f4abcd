import path from 'node:path';
import type { DocumentFinding } from '@waybill/api';
import { fromUtf8 } from '@waybill/core/bytes';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { readAll, readNamedBytes } from '../../files.ts';
import { nameOf } from '../../names.ts';
import type { Session } from '../../session.ts';

export const command = defineCommand({
  summary: 'Create a contract, or its next revision when it differs from the newest',
  arguments: [{ name: 'FILE', summary: 'Contract document, YAML or JSON; - reads standard input' }],
  options: {
    file: { type: 'string', short: 'f', value: 'FILE', summary: 'The same as the argument' },
    contract: { type: 'string', value: 'FILE', summary: 'The same, as Chainloop calls it' },
    name: { type: 'string', value: 'NAME', summary: 'Needed for v1 documents, which carry no name' },
    strict: { type: 'boolean', summary: 'Unknown keys are errors, not warnings' },
  },
  examples: [
    'waybill contract apply contract.yaml',
    'waybill contract apply -f contract-v1.yaml --name release --strict',
  ],
  run: async (session, { options, args }) => {
    const { filename, document } = await documentOf(session, fileOf(args, [options.file, options.contract]));
    const name = options.name === undefined ? undefined : nameOf(options.name, '--name');
    const { client } = await connect(session);
    const applied = await client.applyContract({
      document,
      filename,
      ...(name === undefined ? {} : { name }),
      ...(options.strict ? { strict: true } : {}),
    });
    for (const warning of applied.warnings) session.output.note(`${filename}:${findingText(warning)}`);
    session.output.data(applied, () =>
      applied.changed
        ? `contract ${applied.name} revision ${applied.revision} applied (${applied.digest})`
        : `contract ${applied.name} is unchanged: revision ${applied.revision} (${applied.digest})`,
    );
    return EXIT.ok;
  },
});

/** The message says already what was probably meant. */
function findingText({ line, column, message }: DocumentFinding): string {
  return `${line}:${column}: warning: ${message}`;
}

/** The document and the name that messages call it by; `-` is standard input. */
async function documentOf(
  session: Session,
  name: string,
): Promise<{ readonly filename: string; readonly document: string }> {
  const filename = name === '-' ? 'standard input' : path.basename(name);
  const bytes =
    name === '-' ? await readAll(session.stdin) : await readNamedBytes(path.resolve(session.cwd, name));
  const document = fromUtf8(bytes, name === '-' ? filename : name);
  if (document.trim() !== '') return { filename, document };
  throw cliError(
    'cli_file',
    `${name === '-' ? filename : name} is empty: expected a contract document in YAML or JSON, found ${bytes.length === 0 ? '0 bytes' : 'blanks only'}`,
  );
}

/** The argument, or the option that says the same. Throws `usage_…` for none and for several. */
function fileOf(args: readonly string[], options: readonly (string | undefined)[]): string {
  const [file, second] = [args[0], ...options].filter((name) => name !== undefined);
  if (file === undefined) {
    throw cliError(
      'usage_missing',
      'waybill contract apply needs FILE (or - for standard input); see waybill contract apply --help',
    );
  }
  if (second === undefined) return file;
  throw cliError('usage_invalid', `waybill contract apply takes one file, found ${file} and ${second}`);
}
