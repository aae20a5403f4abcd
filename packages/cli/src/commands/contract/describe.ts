import type { ContractDetail } from '@waybill/api';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { EXIT } from '../../exit.ts';
import { revisionOf } from '../../numbers.ts';
import { listing, shortDigest, table } from '../../output.ts';
import { timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'Show a contract, its document and its revisions',
  arguments: [{ name: 'NAME', summary: 'Which one', required: true }],
  options: {
    revision: { type: 'string', value: 'N', summary: 'A revision other than the newest' },
    document: { type: 'boolean', summary: 'Only the document, byte for byte as it was applied' },
  },
  examples: [
    'waybill contract describe release',
    'waybill contract describe release --revision 2 --document > contract.yaml',
  ],
  run: async (session, { options, args }) => {
    const { client } = await connect(session);
    const contract = await client.describeContract(args[0] ?? '', revisionOf(options.revision, '--revision'));
    if (options.document) {
      process.stdout.write(contract.document);
      return EXIT.ok;
    }
    session.output.data(contract, () =>
      [
        listing([
          ['contract', contract.name],
          ['description', contract.description || null],
          ['revision', String(contract.revision)],
          ['digest', contract.digest],
          ['applied', timeText(contract.createdAt)],
          ['in force', inForceText(contract)],
          ['deleted', contract.archivedAt && timeText(contract.archivedAt)],
          ['id', contract.id],
        ]),
        '',
        contract.document.trimEnd(),
        '',
        table(contract.revisions, [
          { title: 'REVISION', of: (row) => String(row.revision) },
          { title: 'DIGEST', of: (row) => shortDigest(row.digest) },
          { title: 'APPLIED', of: (row) => timeText(row.createdAt) },
          { title: 'IN FORCE FROM', of: (row) => timeText(row.activatesAt ?? row.createdAt) },
        ]),
      ].join('\n'),
    );
    return EXIT.ok;
  },
});

/** Of the contract, whichever revision is shown. */
function inForceText({ inForce, revisions }: ContractDetail): string {
  const [newest] = revisions;
  const current = inForce === null ? 'none yet' : `revision ${inForce}`;
  if (!newest?.activatesAt || newest.revision === inForce) return current;
  return `${current}; revision ${newest.revision} from ${timeText(newest.activatesAt)}`;
}
