import type { BuildGrade, RunDetail } from '@waybill/api';
import type { Client } from '@waybill/api/client';
import { parseBundle } from '@waybill/core/bundle';
import { Fields } from '@waybill/core/bytes';
import { type Digest, isDigest } from '@waybill/core/digest';
import { parseProvenance } from '@waybill/core/intoto';
import type { TrustedRoot } from '@waybill/core/trust';
import { verifyStatementBundle } from '@waybill/core/verify';
import { defineCommand } from '../../command.ts';
import { connect } from '../../connection.ts';
import { cliError, EXIT } from '../../exit.ts';
import { trustedRootFor, verifying } from '../../expectations.ts';
import { listing, type Output } from '../../output.ts';
import { signerText } from '../../text.ts';

/** More runs than these about one artifact say nothing new. */
const MAX_RUNS = 20;

export const command = defineCommand({
  summary: 'Say what is proven of the builds of an artifact, and why not more',
  arguments: [{ name: 'DIGEST', summary: 'The artifact: sha256:…', required: true }],
  options: {
    'trusted-root': {
      type: 'string',
      value: 'FILE',
      summary: "Whom to trust; without it the server's own trusted root",
    },
  },
  examples: [
    'waybill slsa explain sha256:376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa',
    'waybill slsa explain sha256:376e7e01348585b6e6643bc6663146b9d525d9b41228bf180eaeb4d4a3706caa --trusted-root trusted_root.json -o json',
  ],
  run: async (session, { options, args: [digest = ''] }) => {
    if (!isDigest(digest)) {
      throw cliError('usage_invalid', `expected sha256:<64 hex digits>, found ${JSON.stringify(digest)}`);
    }
    const { client } = await connect(session);
    const trustedRoot = await trustedRootFor(session, options['trusted-root']);
    const [{ runs }, server] = await Promise.all([
      client.listRuns({ subject: digest, limit: MAX_RUNS }),
      client.info(),
    ]);
    if (runs.length === 0) {
      throw cliError(
        'not_verified',
        `nothing is proven: no run that your token reaches was judged about ${digest}`,
      );
    }
    const explained: Explained[] = [];
    for (const { id } of runs) {
      const run = await client.describeRun(id);
      explained.push({ run, proven: await provenGrade(client, run, { digest, trustedRoot, server }) });
    }
    const { output } = session;
    output.data(
      explained.map(({ run, proven }) => ({
        run: run.id,
        state: run.state,
        proven,
        stated: run.receipt?.build ?? null,
      })),
      () => explained.map((one) => explainedText(one, output)).join('\n\n'),
    );
    return EXIT.ok;
  },
});

interface Explained {
  readonly run: RunDetail;
  /** Of the provenance, verified here; null: there is none. */
  readonly proven: (Grade & { readonly source: string }) | null;
}

type Grade = Pick<BuildGrade, 'level' | 'builder' | 'runner' | 'signedBy' | 'reasons'>;

/** Throws `not_verified`: a grade that nobody signed is none. */
async function provenGrade(
  client: Client,
  run: RunDetail,
  about: {
    readonly digest: Digest;
    readonly trustedRoot: TrustedRoot;
    readonly server: { readonly issuer: string; readonly verifier: string };
  },
): Promise<Explained['proven']> {
  if (run.receipt?.provenance === undefined) return null;
  const { digest: artifact, trustedRoot, server } = about;
  const text = await client.downloadProvenance(run.id);
  return verifying(`the provenance of run ${run.id}`, () => {
    const expectations = { type: 'identity', issuer: server.issuer, subject: server.verifier } as const;
    const { statement } = verifyStatementBundle(parseBundle(text), {
      trustedRoot,
      expectations,
      artifact,
      now: new Date(),
    });
    const { predicateType, predicate } = statement.value;
    const { source } = parseProvenance(predicateType, predicate);
    const grade = new Fields(predicate, 'predicate').object('waybill_grade');
    return {
      level: grade.integer('level'),
      builder: grade.string('builder'),
      signedBy: grade.string('signedBy'),
      runner: grade.string('runner') === 'verified' ? 'verified' : 'stated',
      reasons: [...grade.strings('reasons')],
      source: [source.uri, ...Object.values(source.digest)].join(' '),
    };
  });
}

function explainedText({ run, proven }: Explained, output: Output): string {
  const stated = run.receipt?.build;
  const grade = proven ?? stated;
  return [
    listing([
      ['run', `${run.id} ${run.state}`],
      ['workflow', `${run.organization}/${run.project}/${run.workflow}`],
      ['attested by', run.receipt && signerText(run.receipt.signer)],
      [
        'provenance',
        proven === null ? 'none: it is made for runs that PASSED' : output.paint('green', 'verified here'),
      ],
      ['made by', proven && `the server, from the identity token of the job; signed by ${proven.signedBy}`],
      ['build level', grade && String(grade.level)],
      ['runner', grade?.runner],
      ['source', proven?.source === '' ? 'not proven' : proven?.source],
    ]),
    ...(grade?.reasons ?? []).map((reason) => `  - ${reason}`),
  ].join('\n');
}
