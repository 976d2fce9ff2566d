import { instantOrNull, sql, type TenantStatements } from '#database';
import { newId } from '#kernel';
import type { RefreshCause } from './refresh-cause.js';

export type RefreshMode = 'auto' | 'full' | 'incremental';
export type RefreshStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** A row of `segment_refresh`: the truth about a refresh; the queue is only the bell. */
export interface RefreshRow {
  id: string; segment_id: string; status: RefreshStatus; mode: RefreshMode; rules_version: number | null;
  as_of: string | null; evaluated: string | null; added: string | null; removed: string | null; duration_ms: number | null;
  changes: string | null; changed: string | null; moved: string | null; reached: number | null; cause: RefreshCause | null;
  attempts: number; created_at: string; started_at: string | null; finished_at: string | null; error: string | null;
}

/**
 * Queues a refresh of a segment, or returns the one that is waiting: it begins after this moment, so it covers every
 * write that was answered before. One that is running has taken its snapshot already and is never joined.
 */
export async function queueRefresh(tx: TenantStatements, segmentId: string, mode: RefreshMode, now: Date): Promise<string> {
  const row = await tx.row<{ id: string }>(sql`
    insert into segment_refresh (tenant_id, id, segment_id, status, mode, created_at)
    values (${tx.tenantId}::uuid, ${newId()}::uuid, ${segmentId}::uuid, 'queued', ${mode}, ${now}::timestamptz)
    on conflict (tenant_id, segment_id) where status = 'queued'
      do update set mode = case when excluded.mode = 'full' then 'full' else segment_refresh.mode end
    returning id`);
  if (row === undefined) throw new Error('a queued refresh has a row');
  return row.id;
}

/**
 * Queues a refresh of each active dynamic segment, or of those that owe one. One that is under way will do, and a
 * segment whose refresh failed waits for its `retry_at`, which is of real time.
 */
export async function queueRefreshes(tx: TenantStatements, which: 'all' | 'owed', now: Date, realNow: Date): Promise<void> {
  const due = await tx.rows<{ id: string }>(sql`
    select s.id from segment s join segment_state st on st.tenant_id = s.tenant_id and st.segment_id = s.id
    where s.tenant_id = ${tx.tenantId}::uuid and st.tenant_id = ${tx.tenantId}::uuid
      and s.type = 'dynamic' and s.status = 'active' ${which === 'owed' ? sql`and st.owed = 'full'` : sql``}
      and not exists (select from segment_refresh r where r.tenant_id = ${tx.tenantId}::uuid and r.segment_id = s.id
        and (r.status = 'running' or (r.status = 'failed' and r.retry_at > ${realNow}::timestamptz)))
    order by s.id`);
  await tx.write(sql`
    insert into segment_refresh (tenant_id, id, segment_id, status, mode, created_at)
    select ${tx.tenantId}::uuid, due.id, due.segment_id, 'queued', 'auto', ${now}::timestamptz
    from unnest(${due.map(() => newId())}::uuid[], ${due.map(({ id }) => id)}::uuid[]) as due (id, segment_id)
    on conflict (tenant_id, segment_id) where status = 'queued' do nothing`);
}

/**
 * Cancels refreshes of a segment: one that is under way applies rules that are no longer the segment's, or its segment is
 * no longer one to refresh. What it did is rolled back.
 */
export async function cancelRefreshes(tx: TenantStatements, segmentId: string, which: readonly ('queued' | 'running')[], now: Date): Promise<void> {
  await tx.write(sql`
    update segment_refresh set status = 'cancelled', finished_at = ${now}::timestamptz
    where tenant_id = ${tx.tenantId}::uuid and segment_id = ${segmentId}::uuid and status = any(${which}::text[])`);
}

/** A refresh as the interface shows it. */
export interface RefreshView {
  refreshId: string; segmentId: string; status: RefreshStatus; mode: RefreshMode; rulesVersion: number | null;
  asOf: string | null; evaluated: number | null; added: number | null; removed: number | null; durationMs: number | null;
  reasons: RefreshReasons | null; cause: RefreshCause | null;
  startedAt: string | null; finishedAt: string | null; error: string | null;
}

/** Why an incremental refresh looked at the contacts that it looked at, in numbers. */
export interface RefreshReasons {
  /** Rows of the change log that the cycle took. */
  changes: number;
  /** Contacts that they name. */
  changedContacts: number;
  /** Further contacts that the time since the last cycle may have moved over an edge of a rule. */
  movedByTime: number;
  /** Other segments that the rules reach and that were evaluated along. */
  referencedSegments: number;
}

export function refreshView(row: RefreshRow): RefreshView {
  const count = (value: string | null): number | null => (value === null ? null : Number(value));
  return {
    refreshId: row.id, segmentId: row.segment_id, status: row.status, mode: row.mode, rulesVersion: row.rules_version,
    asOf: instantOrNull(row.as_of)?.toISOString() ?? null,
    evaluated: count(row.evaluated), added: count(row.added), removed: count(row.removed), durationMs: row.duration_ms,
    startedAt: instantOrNull(row.started_at)?.toISOString() ?? null, finishedAt: instantOrNull(row.finished_at)?.toISOString() ?? null,
    reasons: row.changes === null ? null : {
      changes: Number(row.changes), changedContacts: Number(row.changed), movedByTime: Number(row.moved), referencedSegments: row.reached ?? 0,
    },
    cause: row.cause, error: row.error,
  };
}
