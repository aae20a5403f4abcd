import type { Contract } from '@waybill/core/contract';
import type { Digest } from '@waybill/core/digest';
import type { ColumnType, JSONColumnType } from 'kysely';
import type { Tx } from '../../ground/index.ts';

type Assigned<T> = ColumnType<T, T | undefined, never>;

/** A type and not an interface: Kysely wants an index signature, which only a type has. */
type ContractTables = {
  contract_contracts: {
    id: Assigned<string>;
    org_id: string;
    name: string;
    latest_revision: ColumnType<number, undefined, number>;
    created_at: Date;
    archived_at: ColumnType<Date | null, undefined, Date | null>;
  };
  contract_revisions: {
    org_id: string;
    contract_id: string;
    revision: number;
    digest: Digest;
    document: string;
    contract: JSONColumnType<Contract & object>;
    created_at: Date;
    created_by: string;
    activates_at: Date | null;
  };
  contract_projects: { id: Assigned<string>; org_id: string; name: string; created_at: Date };
  contract_project_versions: {
    id: Assigned<string>;
    org_id: string;
    project_id: string;
    name: string;
    created_at: Date;
    created_by: string;
    released_at: Date | null;
  };
  contract_workflows: {
    id: Assigned<string>;
    org_id: string;
    project_id: string;
    name: string;
    contract_id: string;
    pinned_revision: number | null;
    description: string;
    team: string;
    created_at: Date;
    created_by: string;
    archived_at: ColumnType<Date | null, undefined, Date | null>;
  };
};

export const on = (tx: Tx) => tx.withTables<ContractTables>();
