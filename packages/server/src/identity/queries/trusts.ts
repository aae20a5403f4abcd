/** Trusted pipelines: rows of identity_tokens that have an issuer in place of a hash. */
import { sql } from 'kysely';
import { type Tx, thisOrg } from '../../ground/index.ts';
import {
  type CredentialRow,
  type IdentityTables,
  type NewToken,
  TOKEN_COLUMNS,
  type TokenRow,
  type TrustClaims,
  tokenRow,
  type WorkflowName,
} from '../queries.ts';

/** CI systems whose tokens are understood beyond what a rule compares. */
export const PIPELINE_CIS = [
  'github',
  'gitlab',
  'circleci',
  'buildkite',
  'jenkins',
  'azure',
  'kubernetes',
] as const;
export type PipelineCi = (typeof PIPELINE_CIS)[number];

/** Which tokens of an issuer are a pipeline's. */
export interface TrustRule {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  readonly claims: TrustClaims;
  /** Null: none was named, which an issuer at a public address does not need. */
  readonly ci: PipelineCi | null;
}

export interface TrustRow extends TokenRow {
  readonly rule: TrustRule;
}

/** With the name of the organisation, as a credential has it. */
export interface TrustCredential extends TrustRow, Pick<CredentialRow, 'orgName'> {}

const TRUST_COLUMNS = [
  ...TOKEN_COLUMNS,
  'identity_tokens.trust_subject',
  'identity_tokens.trust_audience',
  'identity_tokens.trust_claims',
  'identity_tokens.trust_ci',
] as const;

const on = (tx: Tx) => tx.withTables<IdentityTables>();

export async function insertTrust(
  tx: Tx,
  trust: Omit<NewToken, 'hash' | 'role' | 'scope'> & {
    readonly workflow: WorkflowName;
    readonly rule: TrustRule;
  },
): Promise<TrustRow> {
  const { workflow, rule } = trust;
  const row = await on(tx)
    .insertInto('identity_tokens')
    .values({
      org_id: trust.orgId,
      name: trust.name,
      hash: null,
      role: 'robot',
      project: workflow.project,
      workflow: workflow.workflow,
      created_at: trust.createdAt,
      created_by: trust.createdBy,
      expires_at: trust.expiresAt,
      trust_issuer: rule.issuer,
      trust_subject: rule.subject,
      trust_audience: rule.audience,
      trust_claims: JSON.stringify(rule.claims),
      trust_ci: rule.ci,
    })
    .returning(TRUST_COLUMNS)
    .executeTakeFirstOrThrow();
  return trustRow(row);
}

/** Of one workflow, oldest first, without the removed ones. */
export async function listTrustRows(tx: Tx, workflow: WorkflowName): Promise<readonly TrustRow[]> {
  const rows = await on(tx)
    .selectFrom('identity_tokens')
    .select(TRUST_COLUMNS)
    .where('org_id', '=', thisOrg)
    .where('trust_issuer', 'is not', null)
    .where('revoked_at', 'is', null)
    .where('project', '=', workflow.project)
    .where('workflow', '=', workflow.workflow)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(trustRow);
}

/** As system, since whoever comes with a token has signed in nowhere yet. In force at `now`, oldest first. */
export async function findTrusts(
  tx: Tx,
  of: WorkflowName & { readonly organization: string; readonly issuer: string; readonly now: Date },
): Promise<readonly TrustCredential[]> {
  const rows = await on(tx)
    .selectFrom('identity_tokens')
    .innerJoin('identity_organizations', 'identity_organizations.org_id', 'identity_tokens.org_id')
    .select(TRUST_COLUMNS)
    .select('identity_organizations.name as orgName')
    .where('identity_organizations.name', '=', of.organization)
    .where('identity_tokens.project', '=', of.project)
    .where('identity_tokens.workflow', '=', of.workflow)
    .where('identity_tokens.trust_issuer', '=', of.issuer)
    .where('identity_tokens.revoked_at', 'is', null)
    .where(sql<boolean>`(identity_tokens.expires_at is null or identity_tokens.expires_at > ${of.now})`)
    .orderBy('identity_tokens.created_at')
    .orderBy('identity_tokens.id')
    .execute();
  return rows.map((row) => ({ ...trustRow(row), orgName: row.orgName }));
}

type Selected = Parameters<typeof tokenRow>[0] & {
  readonly trust_subject: string | null;
  readonly trust_audience: string | null;
  readonly trust_claims: TrustClaims | null;
  readonly trust_ci: PipelineCi | null;
};

function trustRow(row: Selected): TrustRow {
  const {
    trust_issuer: issuer,
    trust_subject: subject,
    trust_audience: audience,
    trust_claims: claims,
    trust_ci: ci,
  } = row;
  // A constraint of the table says so.
  if (issuer === null || subject === null || audience === null || claims === null) {
    throw new Error(`the token ${row.id} is no trusted pipeline`);
  }
  return { ...tokenRow(row), rule: { issuer, subject, audience, claims, ci } };
}
