import { sql, type Sql } from '#database';

/** The count, the first ids, and where a segment is named the difference to its members with the first of either side, in one statement. */
export function previewMembers(tenantId: string, members: Sql, sampleLimit: number, segmentId: string | null): Sql {
  const difference = segmentId === null
    ? sql`0 as would_add, 0 as would_remove, null as entering, null as leaving`
    : sql`
      (select count(*) from matching m where not exists (select from is_now n where n.contact_id = m.contact_id)) as would_add,
      (select count(*) from is_now n where not exists (select from matching m where m.contact_id = n.contact_id)) as would_remove,
      (select array_agg(contact_id) from (select contact_id from matching m where not exists (select from is_now n where n.contact_id = m.contact_id)
        order by contact_id limit ${sampleLimit}) first) as entering,
      (select array_agg(contact_id) from (select contact_id from is_now n where not exists (select from matching m where m.contact_id = n.contact_id)
        order by contact_id limit ${sampleLimit}) first) as leaving`;
  return sql`
    with matching as materialized (${members})
    ${segmentId === null ? sql`` : sql`, is_now as (
      select contact_id from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid)`}
    select (select count(*) from matching) as count,
      (select array_agg(contact_id) from (select contact_id from matching order by contact_id limit ${sampleLimit}) first) as sample,
      ${difference}`;
}
