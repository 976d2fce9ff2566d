import { sql, type Sql } from '#database';
import type { RefreshStatus } from '../refresh-queue.js';

export interface JobsFilter {
  id?: string;
  status?: RefreshStatus;
}

/** Jobs of the tenant by id (index: the key of `segment_refresh`, and `segment_refresh_open` for those not ended). */
export function readJobs(tenantId: string, filter: JobsFilter, page: { limit: number; after: string | null }): Sql {
  return sql`
    select id, segment_id, status, created_at, started_at, finished_at, error from segment_refresh
    where tenant_id = ${tenantId}::uuid
      ${filter.id === undefined ? sql`` : sql`and id = ${filter.id}::uuid`}
      ${filter.status === undefined ? sql`` : sql`and status = ${filter.status}`}
      ${page.after === null ? sql`` : sql`and id > ${page.after}::uuid`}
    order by id limit ${page.limit}`;
}
