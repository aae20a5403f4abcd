import type { Client } from '@waybill/api/client';
import { defineCommand } from '../../../command.ts';
import { connect } from '../../../connection.ts';
import { cliError, EXIT } from '../../../exit.ts';
import { nameOf } from '../../../names.ts';
import { secondsOf } from '../../../numbers.ts';
import { listing } from '../../../output.ts';
import { WORKFLOW_OPTIONS, workflowNameOf } from '../../../workflow-option.ts';

const CIS = ['github', 'gitlab', 'circleci', 'buildkite', 'jenkins', 'azure', 'kubernetes'] as const;

export const command = defineCommand({
  summary: "Let jobs of a CI system push runs of a workflow by the CI system's own tokens, without a secret",
  options: {
    ...WORKFLOW_OPTIONS,
    issuer: {
      type: 'string',
      value: 'URL',
      required: true,
      summary:
        'Who issues the tokens, as in their claim iss; or github, gitlab, buildkite for the public ones',
    },
    subject: {
      type: 'string',
      value: 'PATTERN',
      required: true,
      summary: 'Claim sub; * is a whole part between : / @ and |, or the rest at the end',
    },
    claim: {
      type: 'string',
      value: 'NAME=PATTERN',
      multiple: true,
      summary: 'Another claim that must be there, e.g. ref=refs/heads/main or environment=production',
    },
    audience: {
      type: 'string',
      value: 'TEXT',
      summary: 'Claim aud, where the CI system lets nobody choose it; else the one of this organisation',
    },
    ci: {
      type: 'string',
      value: 'KIND',
      summary: `Whose issuer it is, where its address does not say so: ${CIS.join(', ')}; then its claims count as proof`,
    },
    name: { type: 'string', value: 'NAME', summary: 'Name among those of the workflow' },
    expires: { type: 'string', value: 'DURATION', summary: 'Lifetime, e.g. 90d; without it no end' },
  },
  examples: [
    'waybill workflow trust --workflow demo/build --issuer github --subject repo:acme/app:ref:refs/heads/main',
    'waybill workflow trust add --workflow demo/build --issuer gitlab --subject project_path:acme/app:* --claim environment=production -o json',
  ],
  run: async (session, { options }) => {
    const workflow = workflowNameOf(options);
    const { audience, name, expires, subject } = options;
    const claims = claimsOf(options.claim);
    const { client } = await connect(session);
    const trust = await client.addTrust(workflow, {
      issuer: await issuerOf(client, options.issuer),
      subject,
      ...(audience === undefined ? {} : { audience }),
      ...(options.ci === undefined ? {} : { ci: ciOf(options.ci) }),
      ...(Object.keys(claims).length === 0 ? {} : { claims }),
      ...(name === undefined ? {} : { name: nameOf(name, '--name') }),
      ...(expires === undefined ? {} : { expiresInSeconds: secondsOf(expires, '--expires') }),
    });
    if (audience !== undefined) {
      session.output.note(
        `whoever gets a token that was made for ${audience} can push as this workflow: name the subject and claims as narrowly as you can`,
      );
    }
    if (/^repo:[^:*]+:\*$/.test(subject)) {
      session.output.note(
        `${subject} takes pull requests too, which run what their authors wrote: name a ref or an environment where that matters`,
      );
    }
    session.output.data(trust, () =>
      listing([
        ['trusted', `${trust.name} (${trust.id})`],
        ['issuer', trust.issuer],
        ['subject', trust.subject],
        [
          'claims',
          Object.entries(trust.claims)
            .map((pair) => pair.join('='))
            .join(', ') || null,
        ],
        ['CI system', trust.ci],
        ['audience', `${trust.audience} (what the jobs ask their tokens for)`],
      ]),
    );
    return EXIT.ok;
  },
});

/** Where one address serves everybody; the others have one for each of their customers. */
const PUBLIC: readonly string[] = ['github', 'gitlab', 'buildkite'];

async function issuerOf(client: Client, named: string): Promise<string> {
  if (!PUBLIC.includes(named)) return named;
  const { presets } = await client.listIssuerPresets();
  return presets.find(({ kind }) => kind === named)?.url ?? named;
}

function ciOf(named: string): (typeof CIS)[number] {
  const ci = CIS.find((one) => one === named);
  if (ci) return ci;
  throw cliError('usage_invalid', `--ci: expected one of ${CIS.join(', ')}, found ${JSON.stringify(named)}`);
}

function claimsOf(texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.map((text): readonly [string, string] => {
    const [, name, pattern] = /^([^=]+)=([^]+)$/.exec(text) ?? [];
    if (name !== undefined && pattern !== undefined) return [name, pattern];
    throw cliError('usage_invalid', `--claim: expected NAME=PATTERN, found ${JSON.stringify(text)}`);
  });
  const twice = pairs.find(([name], index) => pairs.findIndex(([other]) => other === name) < index);
  if (twice) throw cliError('usage_invalid', `--claim: ${twice[0]} stands twice`);
  return Object.fromEntries(pairs);
}
