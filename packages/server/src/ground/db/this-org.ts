import { sql } from 'kysely';

/**
 * The organisation of the transaction, for each query of a tenant: the first wall, before row-level security. Null
 * under asSystem, so that a tenant's query there finds nothing.
 */
export const thisOrg = sql<string>`nullif(current_setting('waybill.org', true), '')::uuid`;
