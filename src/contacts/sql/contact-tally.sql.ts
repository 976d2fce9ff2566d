import { sql, type Sql } from '#database';

/** More rows than this are folded into one: a sum of them takes half a millisecond. */
const mostRows = 1000;

/** How many contacts the tenant has, as an expression. To count a million takes 300 to 400 ms where their pages have changed lately, and to add this up under one. */
export function contactsOf(tenantId: string): Sql {
  return sql`(select coalesce(sum(t.contacts), 0)::bigint from contact_tally t where t.tenant_id = ${tenantId}::uuid)`;
}

/**
 * Adds the rows of `written`, a common table expression of the statement that inserts contacts (1) or deletes them (-1). It belongs into
 * that statement: nobody writes contacts and forgets it.
 */
export function tally(tenantId: string, written: string, sign: 1 | -1): Sql {
  return sql`insert into contact_tally (tenant_id, contacts) select ${tenantId}::uuid, ${sign}::bigint * count(*) from ${sql.ref(written)}`;
}

/**
 * Counts the contacts anew where the rows have become many, in place of those. What is written meanwhile adds its rows to it: rows and
 * contacts are those of one snapshot, which is why only a refresh cycle, one at a time, does it.
 */
export function foldTally(tenantId: string, most = mostRows): Sql {
  return sql`
    with seen as materialized (select count(*) as rows from contact_tally where tenant_id = ${tenantId}::uuid),
    gone as (delete from contact_tally where tenant_id = ${tenantId}::uuid and (select rows from seen) > ${most}::bigint)
    insert into contact_tally (tenant_id, contacts)
    select ${tenantId}::uuid, (select count(*) from contact where tenant_id = ${tenantId}::uuid) where (select rows from seen) > ${most}::bigint`;
}
