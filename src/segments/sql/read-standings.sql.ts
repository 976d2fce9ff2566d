import { sql, type Sql } from '#database';

/** When the oldest change was made that waits in the log, where one does: no segment shows it yet. */
export function oldestChange(tenantId: string): Sql {
  return sql`(select c.at from contact_change c where c.tenant_id = ${tenantId}::uuid order by c.seq limit 1)`;
}

/** The same of one dynamic segment, whose state is `st`: changes count as well that were drained without it. */
export function oldestMissed(tenantId: string): Sql {
  return sql`least(${oldestChange(tenantId)}, st.owed_since)`;
}

/** How dynamic segments stand; a static one is always right, and has no row. */
export function readStandings(tenantId: string, segmentIds: readonly string[]): Sql {
  return sql`
    select s.id, st.as_of, ${oldestMissed(tenantId)} as pending_since
    from segment s left join segment_state st on st.tenant_id = ${tenantId}::uuid and st.segment_id = s.id
    where s.tenant_id = ${tenantId}::uuid and s.type = 'dynamic' and s.id = any(${[...segmentIds]}::uuid[])`;
}

/** One row: how far the active dynamic segments are, the one that is furthest behind. */
export function readOldestStanding(tenantId: string): Sql {
  return sql`
    select min(st.as_of) as as_of, case when count(*) > 0 then least(${oldestChange(tenantId)}, min(st.owed_since)) end as pending_since
    from segment s left join segment_state st on st.tenant_id = ${tenantId}::uuid and st.segment_id = s.id
    where s.tenant_id = ${tenantId}::uuid and s.type = 'dynamic' and s.status = 'active'`;
}

/** One row where there is the contact: since when a change waits that some segment does not show, which may be about it. */
export function readContactWaiting(tenantId: string, contactId: string): Sql {
  return sql`
    select least(${oldestChange(tenantId)}, (select min(st.owed_since) from segment_state st where st.tenant_id = ${tenantId}::uuid and st.at < 'infinity')) as pending_since
    from contact c where c.tenant_id = ${tenantId}::uuid and c.id = ${contactId}::uuid`;
}
