import { sql, type Sql } from '#database';
import type { SegmentStatus, SegmentType } from '#database';
import { oldestChange } from './read-standings.sql.js';

export interface SegmentsFilter {
  ids?: readonly string[];
  type?: SegmentType;
  status?: SegmentStatus;
  label?: string;
  owner?: string;
  search?: string;
  field?: string;
}

/** The orders of `GET /segments`: the expression, and the type that a cursor's position is cast to. */
export const segmentOrders = {
  id: { by: sql`s.id`, type: sql`uuid` },
  name: { by: sql`s.name_folded`, type: sql`text` },
  createdAt: { by: sql`s.created_at`, type: sql`timestamptz` },
  updatedAt: { by: sql`s.updated_at`, type: sql`timestamptz` },
  contactCount: { by: sql`coalesce(st.contact_count, 0)`, type: sql`bigint` },
} as const;

export interface SegmentsOrder {
  key: keyof typeof segmentOrders;
  descending: boolean;
}

/**
 * Segments with what their refreshes say of them. A segment is stale while a change waits in the log that no refresh
 * of it has seen, for draining the log marks each segment that misses it as owing a refresh in the same transaction; and
 * once it should have been looked at for time alone (`due_at`, of real time).
 */
export function readSegments(
  tenantId: string, filter: SegmentsFilter, order: SegmentsOrder = { key: 'id', descending: false },
  page: { limit: number; after: readonly [string, string] | null } | null = null,
): Sql {
  const { by, type } = segmentOrders[order.key];
  const direction = order.descending ? sql`desc` : sql`asc`;
  const beyond = order.descending ? sql`<` : sql`>`;
  return sql`
    select s.id, s.name, s.description, s.type, s.status, s.workspace_id, s.rules, s.rules_version, s.rule_text, s.labels,
      s.notes, s.owner, s.revision,
      s.created_by, s.created_at, s.updated_at, (${by})::text as position,
      coalesce(st.contact_count, 0) as contact_count, st.as_of, coalesce(st.owed, 'full') as owed,
      case when s.type = 'dynamic' then least(pending.since, st.owed_since) end as pending_since, nullif(st.at, 'infinity') as due_at,
      exists (select from segment_refresh o where o.tenant_id = ${tenantId}::uuid and o.segment_id = s.id
        and o.status in ('queued', 'running')) as refreshing,
      last.status as last_status, last.error as last_error,
      done.mode as done_mode, done.evaluated, done.added, done.removed, done.duration_ms
    from segment s
    cross join (select ${oldestChange(tenantId)} as since) pending
    left join segment_state st on st.tenant_id = ${tenantId}::uuid and st.segment_id = s.id
    left join lateral (select r.status, r.error from segment_refresh r
      where r.tenant_id = ${tenantId}::uuid and r.segment_id = s.id and r.status in ('succeeded', 'failed')
      order by r.id desc limit 1) last on true
    left join lateral (select r.mode, r.evaluated, r.added, r.removed, r.duration_ms from segment_refresh r
      where r.tenant_id = ${tenantId}::uuid and r.segment_id = s.id and r.status = 'succeeded'
      order by r.id desc limit 1) done on true
    where s.tenant_id = ${tenantId}::uuid
      ${filter.ids === undefined ? sql`` : sql`and s.id = any(${[...filter.ids]}::uuid[])`}
      ${filter.type === undefined ? sql`` : sql`and s.type = ${filter.type}`}
      ${filter.status === undefined ? sql`` : sql`and s.status = ${filter.status}`}
      ${filter.label === undefined ? sql`` : sql`and ${filter.label} = any(s.labels)`}
      ${filter.owner === undefined ? sql`` : sql`and s.owner = ${filter.owner}`}
      ${filter.search === undefined ? sql`` : sql`and strpos(s.name_folded, lower(${filter.search} collate "pg_c_utf8")) > 0`}
      ${filter.field === undefined ? sql`` : sql`and jsonb_path_exists(s.rules, 'strict $.**.field ? (@ == $field)', jsonb_build_object('field', ${filter.field}::text), true)`}
      ${page?.after == null ? sql`` : sql`and (${by}, s.id) ${beyond} (${page.after[0]}::${type}, ${page.after[1]}::uuid)`}
    order by ${by} ${direction}, s.id ${direction}
    ${page === null ? sql`` : sql`limit ${page.limit}`}`;
}
