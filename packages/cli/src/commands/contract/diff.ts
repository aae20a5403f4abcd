import type { Client } from '@waybill/api/client';
import type { Contract, ContractChange, Effect } from '@waybill/core/contract';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { readSource, SOURCE_SUMMARY } from '../../contract-source.ts';
import { embedPolicies } from '../../embed-policies.ts';
import { cliError, EXIT } from '../../exit.ts';
import { revisionOf } from '../../numbers.ts';
import { type Colour, table } from '../../output.ts';
import type { Session } from '../../session.ts';
import { contractOf } from '../../stated-contract.ts';

export const command = defineCommand({
  summary: 'What a contract asks more or less than before: between revisions, or a file against the newest',
  arguments: [
    { name: 'NAME', summary: 'Which contract', required: true },
    { name: 'FILE', summary: `What would take its place. ${SOURCE_SUMMARY}` },
  ],
  options: {
    from: {
      type: 'string',
      value: 'N',
      summary: 'Revision to begin with; the one before the other unless told',
    },
    to: { type: 'string', value: 'N', summary: 'Revision to end with; the newest unless told' },
    'exit-code': { type: 'boolean', summary: 'Exit code 4 when it asks for less, 0 otherwise' },
  },
  examples: [
    'waybill contract diff release --from 2 --to 5',
    'waybill contract diff release contract.yaml --exit-code',
  ],
  run: async (session, { options, args }) => {
    const [name = '', file] = args;
    if (file !== undefined && options.to !== undefined) {
      throw cliError('usage_invalid', `expected FILE or --to, found ${file} and --to ${options.to}`);
    }
    const { client } = await connect(session);
    const to = await (file === undefined
      ? storedSide(client, name, revisionOf(options.to, '--to'))
      : fileSide(session, file));
    const from = await storedSide(
      client,
      name,
      revisionOf(options.from, '--from') ?? (to.revision === null ? undefined : Math.max(1, to.revision - 1)),
    );
    const { diffContracts } = await import('@waybill/core/contract');
    const changes = diffContracts(from.contract, to.contract);
    const laxer = changes.some(({ effect }) => effect === 'laxer');
    session.output.data({ contract: name, from: from.title, to: to.title, laxer, changes }, () =>
      [
        `${from.title} -> ${to.title}${changes.length === 0 ? ': the demands are the same' : ''}`,
        ...(changes.length === 0 ? [] : [tableOf(changes, session.output.paint)]),
      ].join('\n'),
    );
    return options['exit-code'] && laxer ? EXIT.refused : EXIT.ok;
  },
});

interface Side {
  readonly title: string;
  /** Null: a file. */
  readonly revision: number | null;
  readonly contract: Contract;
}

async function storedSide(client: Client, name: string, wanted: number | undefined): Promise<Side> {
  const { revision, contract } = await client.describeContract(name, wanted);
  return { title: `revision ${revision}`, revision, contract: contractOf(contract) };
}

async function fileSide(session: Session, file: string): Promise<Side> {
  const { parseContract } = await import('@waybill/core/contract');
  const { filename, document } = await embedPolicies(session, await readSource(session, file));
  return { title: filename, revision: null, contract: parseContract(document, { filename }).contract };
}

const COLOURS: Readonly<Record<Effect, Colour>> = { laxer: 'red', stricter: 'green', other: 'dim' };
const MAX_SHOWN = 60;

function tableOf(
  changes: readonly ContractChange[],
  paint: (colour: Colour, text: string) => string,
): string {
  return table(changes, [
    { title: 'EFFECT', of: ({ effect }) => paint(COLOURS[effect], effect) },
    { title: 'WHERE', of: ({ path }) => path },
    { title: 'BEFORE', of: ({ before }) => shown(before) },
    { title: 'AFTER', of: ({ after }) => shown(after) },
  ]);
}

function shown(value: ContractChange['before']): string {
  if (value === undefined) return '-';
  const text = typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
