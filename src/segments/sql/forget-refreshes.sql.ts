import { sql, type Sql } from '#database';

/** Of the refreshes of a segment that changed nothing, so many of the newest are kept. */
export const idleRefreshesKept = 100;

/**
 * Deletes refreshes that ended long ago and changed nobody: a busy tenant has one a second for each segment. Those that
 * the history names stay for ever.
 */
export function forgetIdleRefreshes(tenantId: string): Sql {
  return sql`
    delete from segment_refresh r using (
      select id, row_number() over (partition by segment_id order by id desc) as place from segment_refresh
      where tenant_id = ${tenantId}::uuid and status in ('succeeded', 'failed', 'cancelled') and coalesce(added, 0) = 0 and coalesce(removed, 0) = 0
    ) idle
    where r.tenant_id = ${tenantId}::uuid and r.id = idle.id and idle.place > ${idleRefreshesKept}`;
}
