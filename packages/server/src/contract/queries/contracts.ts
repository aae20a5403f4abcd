import type { Contract } from '@waybill/core/contract';
import type { Digest } from '@waybill/core/digest';
import { sql } from 'kysely';
import { type Tx, thisOrg } from '../../ground/index.ts';
import { on } from './tables.ts';

export interface ContractRow {
  readonly id: string;
  readonly name: string;
  readonly latestRevision: number;
  /** Null: it is in use, or may be. */
  readonly archivedAt: Date | null;
}

export interface RevisionRow {
  readonly revision: number;
  readonly digest: Digest;
  readonly createdAt: Date;
  /** Null: in force from the moment it was applied, unless a newer one is. */
  readonly activatesAt: Date | null;
}

/** A revision with what it demands. */
export interface FullRevision extends RevisionRow {
  readonly document: string;
  readonly contract: Contract;
}

/** A contract with its newest revision. */
export interface ContractSummaryRow extends RevisionRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly workflows: number;
  /** Number of the revision in force; null before the first one is. */
  readonly inForce: number | null;
}

const CONTRACT_COLUMNS = [
  'id',
  'name',
  'latest_revision as latestRevision',
  'archived_at as archivedAt',
] as const;
const REVISION_COLUMNS = [
  'r.revision',
  'r.digest',
  'r.created_at as createdAt',
  'r.activates_at as activatesAt',
] as const;

/**
 * The revision of contract `c` that is in force: the highest one whose time has come. One that a newer one has taken
 * the place of while it waited is void, so a plan is changed by applying another.
 */
const inForceAt = (now: Date) =>
  sql<number | null>`(
    select f.revision from contract_revisions f
    where f.contract_id = c.id
      and (f.activates_at is null or f.activates_at <= ${now})
      and not exists (
        select 1 from contract_revisions n
        where n.contract_id = f.contract_id and n.revision > f.revision and n.created_at < f.activates_at
      )
    order by f.revision desc limit 1)`;

/** The contract's row, made if it is new, held until the transaction ends: revisions are numbered one at a time. */
export async function lockContract(
  tx: Tx,
  contract: { readonly orgId: string; readonly name: string; readonly now: Date },
): Promise<ContractRow> {
  await on(tx)
    .insertInto('contract_contracts')
    .values({ org_id: contract.orgId, name: contract.name, created_at: contract.now })
    .onConflict((conflict) => conflict.columns(['org_id', 'name']).doNothing())
    .execute();
  return selectContract(tx).where('name', '=', contract.name).forUpdate().executeTakeFirstOrThrow();
}

const selectContract = (tx: Tx) =>
  on(tx).selectFrom('contract_contracts').select(CONTRACT_COLUMNS).where('org_id', '=', thisOrg);

export interface FindContract {
  readonly by: 'id' | 'name';
  readonly value: string;
  /** `use`: not archived before the transaction ends. `change`: nobody uses or changes it meanwhile. */
  readonly lock?: 'use' | 'change' | undefined;
}

export async function findContract(tx: Tx, find: FindContract): Promise<ContractRow | undefined> {
  const query = selectContract(tx).where(find.by, '=', find.value);
  if (find.lock === 'use') return query.forShare().executeTakeFirst();
  return find.lock === 'change' ? query.forUpdate().executeTakeFirst() : query.executeTakeFirst();
}

export async function setArchived(tx: Tx, contractId: string, at: Date | null): Promise<void> {
  await on(tx)
    .updateTable('contract_contracts')
    .set({ archived_at: at })
    .where('org_id', '=', thisOrg)
    .where('id', '=', contractId)
    .execute();
}

export async function insertRevision(
  tx: Tx,
  revision: FullRevision & {
    readonly orgId: string;
    readonly contractId: string;
    readonly createdBy: string;
  },
): Promise<void> {
  await on(tx)
    .insertInto('contract_revisions')
    .values({
      org_id: revision.orgId,
      contract_id: revision.contractId,
      revision: revision.revision,
      digest: revision.digest,
      document: revision.document,
      contract: JSON.stringify(revision.contract),
      created_at: revision.createdAt,
      created_by: revision.createdBy,
      activates_at: revision.activatesAt,
    })
    .execute();
  await on(tx)
    .updateTable('contract_contracts')
    .set({ latest_revision: revision.revision })
    .where('org_id', '=', thisOrg)
    .where('id', '=', revision.contractId)
    .execute();
}

export async function findRevisionRow(
  tx: Tx,
  contractId: string,
  revision: number,
): Promise<FullRevision | undefined> {
  return on(tx)
    .selectFrom('contract_revisions as r')
    .select(REVISION_COLUMNS)
    .select(['r.document', 'r.contract'])
    .where('r.org_id', '=', thisOrg)
    .where('r.contract_id', '=', contractId)
    .where('r.revision', '=', revision)
    .executeTakeFirst();
}

/** A revision by the name of its contract. */
export async function findRevisionByName(
  tx: Tx,
  name: string,
  revision: number,
): Promise<FullRevision | undefined> {
  return on(tx)
    .selectFrom('contract_contracts as c')
    .innerJoin('contract_revisions as r', 'r.contract_id', 'c.id')
    .select(REVISION_COLUMNS)
    .select(['r.document', 'r.contract'])
    .where('c.org_id', '=', thisOrg)
    .where('c.name', '=', name)
    .where('r.revision', '=', revision)
    .executeTakeFirst();
}

/** Number of the revision in force; null before the first one is. */
export async function findInForce(tx: Tx, contractId: string, now: Date): Promise<number | null> {
  const row = await on(tx)
    .selectFrom('contract_contracts as c')
    .select(inForceAt(now).as('revision'))
    .where('c.org_id', '=', thisOrg)
    .where('c.id', '=', contractId)
    .executeTakeFirst();
  return row?.revision ?? null;
}

/** Newest first. */
export async function listRevisionRows(tx: Tx, contractId: string): Promise<readonly RevisionRow[]> {
  return on(tx)
    .selectFrom('contract_revisions as r')
    .select(REVISION_COLUMNS)
    .where('r.org_id', '=', thisOrg)
    .where('r.contract_id', '=', contractId)
    .orderBy('r.revision', 'desc')
    .execute();
}

/** Every contract that is not archived, by name. */
export async function listContractRows(tx: Tx, now: Date): Promise<readonly ContractSummaryRow[]> {
  return on(tx)
    .selectFrom('contract_contracts as c')
    .innerJoin('contract_revisions as r', (join) =>
      join.onRef('r.contract_id', '=', 'c.id').onRef('r.revision', '=', 'c.latest_revision'),
    )
    .leftJoin('contract_workflows as w', 'w.contract_id', 'c.id')
    .select(REVISION_COLUMNS)
    .select([
      'c.id',
      'c.name',
      sql<string>`r.contract ->> 'description'`.as('description'),
      sql<number>`count(w.id)::integer`.as('workflows'),
      inForceAt(now).as('inForce'),
    ])
    .where('c.org_id', '=', thisOrg)
    .where('c.archived_at', 'is', null)
    .groupBy(['c.id', 'r.contract_id', 'r.revision'])
    .orderBy('c.name')
    .execute();
}

/** Names of all contracts that a workflow may owe, for suggestions. */
export async function listContractNames(tx: Tx): Promise<readonly string[]> {
  const rows = await on(tx)
    .selectFrom('contract_contracts')
    .select('name')
    .where('org_id', '=', thisOrg)
    .where('archived_at', 'is', null)
    .execute();
  return rows.map(({ name }) => name);
}
