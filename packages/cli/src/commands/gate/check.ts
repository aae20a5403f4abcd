import { isDigest } from '@waybill/core/digest';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { listing } from '../../output.ts';
import { colourOf, timeText } from '../../text.ts';

export const command = defineCommand({
  summary: 'Ask the gate whether an artifact may pass; exit code 4 when it may not',
  arguments: [{ name: 'ARTIFACT', summary: 'sha256:… or NAME@sha256:…', required: true }],
  options: {
    contract: {
      type: 'string',
      value: 'NAME',
      required: true,
      summary: 'Contract under which it must have PASSED',
    },
    place: { type: 'string', value: 'TEXT', summary: 'Where the question comes from; recorded' },
  },
  examples: [
    'waybill gate check sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae --contract release',
    'waybill gate check registry.example.com/app@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae --contract release --place prod -o json',
  ],
  run: async (session, { options, args }) => {
    const subject = subjectOf(args[0] ?? '');
    const { client } = await connect(session);
    const decision = await client.ask({
      subject,
      context: {
        contract: options.contract,
        ...(options.place === undefined ? {} : { place: options.place }),
      },
    });
    const { output } = session;
    output.data(decision, () =>
      listing([
        ['decision', output.paint(colourOf(decision.outcome), decision.outcome)],
        ...decision.reasons.map(({ code, message }): [string, string] => ['reason', `${message} [${code}]`]),
        ['subject', decision.subject.digest],
        ['contract', decision.context.contract],
        ['run', decision.evidence?.runId],
        ['VSA', decision.evidence?.vsaDigest],
        ['decision id', decision.id],
        ['decided', timeText(decision.decidedAt)],
        ['valid until', decision.validUntil === null ? null : timeText(decision.validUntil)],
      ]),
    );
    // An unexpected error of the gate is no permission.
    return decision.outcome === 'allow' ? EXIT.ok : EXIT.refused;
  },
});

function subjectOf(text: string): { readonly digest: string; readonly name?: string } {
  const at = text.lastIndexOf('@');
  const digest = text.slice(at + 1);
  if (!isDigest(digest)) {
    throw cliError(
      'usage_invalid',
      `expected sha256:<64 hex digits> or NAME@sha256:…, found ${JSON.stringify(text)}: a tag can move, a digest cannot`,
    );
  }
  return at <= 0 ? { digest } : { digest, name: text.slice(0, at) };
}
