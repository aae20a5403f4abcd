import type { AppliedContract, ApplyContract } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import type { ParsedContract } from '@waybill/core/contract';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { readSource, SOURCE_OPTIONS, SOURCE_SUMMARY, sourceName } from '../../contract-source.ts';
import { embedPolicies } from '../../embed-policies.ts';
import { cliError, EXIT } from '../../exit.ts';
import { nameOf } from '../../names.ts';
import { instantOf } from '../../numbers.ts';
import type { Session } from '../../session.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'Create contracts, or their next revisions where they differ from the newest',
  arguments: [{ name: 'FILE', summary: SOURCE_SUMMARY }],
  options: {
    ...SOURCE_OPTIONS,
    name: { type: 'string', value: 'NAME', summary: 'Needed for v1 documents, which carry no name' },
    'activates-at': {
      type: 'string',
      value: 'TIME',
      summary: 'From when new runs owe it, as a day or RFC 3339; the revision before goes on until then',
    },
    strict: { type: 'boolean', summary: 'Unknown keys are errors, not warnings' },
  },
  examples: [
    'waybill contract apply contract.yaml',
    'waybill contract apply -f contract-v1.yaml --name release --strict --activates-at 2027-01-01',
  ],
  run: async (session, { options, args }) => {
    const source = await readSource(session, sourceName(args, options));
    const { filename, document } = await embedPolicies(session, source);
    const name = options.name === undefined ? undefined : nameOf(options.name, '--name');
    const rest = {
      filename: filename.slice(-MAX_FILENAME),
      ...(name === undefined ? {} : { name }),
      ...(options.strict ? { strict: true } : {}),
      ...(options['activates-at'] === undefined
        ? {}
        : { activatesAt: instantOf(options['activates-at'], '--activates-at') }),
    };
    const parts = await partsOf(document, rest);
    if (parts.length > 1 && name !== undefined) {
      throw cliError(
        'usage_invalid',
        `--name is for one document, and ${filename} holds ${parts.length}: each carries its own`,
      );
    }
    const { client } = await connect(session);
    const bodies = parts.map(({ text, firstLine }) => ({ firstLine, body: { document: text, ...rest } }));
    const applied = await applyAll(session, client, bodies);
    session.output.data(applied.length === 1 ? applied[0] : { contracts: applied }, () =>
      applied.map(lineOf).join('\n'),
    );
    return EXIT.ok;
  },
});

/** What the server takes. */
const MAX_FILENAME = 255;

type Part = Pick<ParsedContract, 'text' | 'firstLine'>;

/**
 * The documents of a file, each with its own text. Of several, all are read before the first is sent, so that a fault
 * in the last leaves nothing half done; one alone goes to the server as it is.
 */
async function partsOf(
  document: string,
  options: { readonly filename: string; readonly strict?: boolean },
): Promise<readonly Part[]> {
  const whole = [{ text: document, firstLine: 1 }];
  if (!/^---(?:\s|$)/m.test(document)) return whole;
  const { parseContracts } = await import('@waybill/core/contract');
  const parsed = parseContracts(document, options);
  return parsed.length === 1 ? whole : parsed;
}

async function applyAll(
  session: Session,
  client: Client,
  bodies: readonly { readonly firstLine: number; readonly body: ApplyContract }[],
): Promise<readonly AppliedContract[]> {
  const applied: AppliedContract[] = [];
  try {
    for (const { body, firstLine } of bodies) {
      const one = await client.applyContract(body);
      for (const { line, column, message } of one.warnings) {
        session.output.note(`${body.filename}:${line + firstLine - 1}:${column}: warning: ${message}`);
      }
      applied.push(one);
    }
  } catch (error) {
    if (applied.length > 0) {
      session.output.note(
        `applied before the fault: ${applied.map(({ name }) => name).join(', ')}; apply the file again when it is mended`,
      );
    }
    throw error;
  }
  return applied;
}

function lineOf({ name, revision, digest, changed, activatesAt }: AppliedContract): string {
  const when = activatesAt === null ? '' : `, in force from ${timeText(activatesAt)}`;
  return changed
    ? `contract ${name} revision ${revision} applied${when} (${digest})`
    : `contract ${name} is unchanged: revision ${revision}${when} (${digest})`;
}
