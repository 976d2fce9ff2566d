import { sql, type Sql } from '#database';
import type { RefreshStatus } from '../refresh-queue.js';

export interface JobsFilter {
  id?: string;
  status?: RefreshStatus;
}

/** What an import is at, in the words of a job: one that is taken back works, and has ended well once it is. */
const importStatuses: Readonly<Record<RefreshStatus, readonly string[]>> = {
  queued: ['receiving', 'queued'], running: ['running', 'rolling_back'], succeeded: ['succeeded', 'rolled_back'], failed: ['failed'], cancelled: ['cancelled'],
};
/** An export whose file has gone since has ended well. */
const exportStatuses: Readonly<Record<RefreshStatus, readonly string[]>> = {
  queued: ['queued'], running: ['running'], succeeded: ['succeeded', 'expired'], failed: ['failed'], cancelled: ['cancelled'],
};

/**
 * Refreshes, imports and exports of the tenant, in one order by id (index: the keys of `segment_refresh`, `import` and `export`,
 * `segment_refresh_open`, `import_open` and `export_open` for those not ended, and `segment_refresh_ended` for those that did not end well). A refresh and a rollback are one transaction: done or not.
 */
export function readJobs(tenantId: string, filter: JobsFilter, page: { limit: number; after: string | null }): Sql {
  const which = (statuses: (status: RefreshStatus) => readonly string[]): Sql => sql`
    tenant_id = ${tenantId}::uuid
      ${filter.id === undefined ? sql`` : sql`and id = ${filter.id}::uuid`}
      ${filter.status === undefined ? sql`` : sql`and status = any(${[...statuses(filter.status)]}::text[])`}
      ${page.after === null ? sql`` : sql`and id > ${page.after}::uuid`}
    order by id limit ${page.limit}`;
  return sql`
    select * from (
      (select id, 'refresh' as kind, segment_id, status, case status when 'succeeded' then 100 else 0 end as progress,
        created_at, started_at, finished_at, error
      from segment_refresh where ${which((status) => [status])})
      union all
      (select id, 'import', segment_id,
        ${inWordsOfJobs(importStatuses)},
        case when status in ('succeeded', 'rolled_back') then 100 when status = 'rolling_back' or total = 0 then 0
          else least(100, (created + updated + skipped + failed) * 100::bigint / total)::integer end,
        created_at, null, finished_at, error
      from import where ${which((status) => importStatuses[status])})
      union all
      (select id, 'export', segment_id, ${inWordsOfJobs(exportStatuses)}, case when status in ('succeeded', 'expired') then 100 else 0 end,
        created_at, null, finished_at, error
      from export where ${which((status) => exportStatuses[status])})
    ) as job order by id limit ${page.limit}`;
}

/** A row's own status as a job's. */
function inWordsOfJobs(statuses: Readonly<Record<RefreshStatus, readonly string[]>>): Sql {
  return sql`case ${sql.join(Object.entries(statuses).map(([status, own]) => sql`when status = any(${[...own]}::text[]) then ${status}::text`), sql` `)} end`;
}
