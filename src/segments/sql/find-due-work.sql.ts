import { sql, type Sql } from '#database';

/**
 * Whether the tenant has work that somebody should have been rung for: changes in the log, a refresh that waits or that
 * claims to run, or one that failed and whose time for another try has come. (Indexes: `contact_change`'s key,
 * `segment_refresh_open`, and `segment_refresh_by_segment` for the few segments that owe a refresh.)
 */
export function findDueWork(tenantId: string, realNow: Date): Sql {
  return sql`
    select exists (select from contact_change c where c.tenant_id = ${tenantId}::uuid)
      or exists (select from segment_refresh r where r.tenant_id = ${tenantId}::uuid and r.status in ('queued', 'running'))
      or exists (
        select from segment_state st
        join segment s on s.tenant_id = ${tenantId}::uuid and s.id = st.segment_id
        cross join lateral (select r.status, r.retry_at from segment_refresh r
          where r.tenant_id = ${tenantId}::uuid and r.segment_id = st.segment_id order by r.id desc limit 1) last
        where st.tenant_id = ${tenantId}::uuid and st.owed = 'full' and s.type = 'dynamic' and s.status = 'active'
          and last.status = 'failed' and coalesce(last.retry_at, '-infinity') <= ${realNow}::timestamptz
      ) as due`;
}
