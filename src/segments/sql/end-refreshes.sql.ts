import { sql, type Sql } from '#database';

/** What a cycle did for one of its segments. */
export interface EndedRefresh {
  readonly refreshId: string;
  readonly segmentId: string;
  readonly rulesVersion: number;
  readonly added: string;
  readonly removed: string;
  /** How many segments its rules reach. */
  readonly references: number;
  /** How many contacts were looked at. */
  readonly evaluated: number;
}

/** Why a cycle looked at the contacts that it looked at. */
export interface CycleReasons {
  /** Rows of the change log that it took. */
  readonly changes: string;
  /** Contacts that they name; whoever else was looked at, the time since the last cycle may have moved. */
  readonly changed: number;
}

export interface EndedCycle {
  readonly tenantId: string;
  readonly refreshes: readonly EndedRefresh[];
  readonly reasons: CycleReasons;
  readonly durationMs: number;
  readonly asOf: Date;
}

/** Ends the refreshes that were asked for, and writes a row for each segment that nobody asked about. */
export function endRefreshes({ tenantId, refreshes, reasons, durationMs, asOf }: EndedCycle): Sql {
  const at = sql`${asOf}::timestamptz`;
  return sql`
    insert into segment_refresh (tenant_id, id, segment_id, status, mode, rules_version, as_of, evaluated, added, removed, duration_ms,
      changes, changed, moved, reached, attempts, created_at, started_at, finished_at)
    select ${tenantId}::uuid, e.id, e.segment_id, 'succeeded', 'incremental', e.rules_version, ${at}, e.evaluated, e.added, e.removed,
      ${Math.round(durationMs)}, ${reasons.changes}::bigint, ${reasons.changed}::bigint, e.evaluated - ${reasons.changed}::bigint, e.reached, 1, ${at}, ${at}, ${at}
    from ${columns(refreshes)}
    on conflict (tenant_id, id) do update set status = excluded.status, mode = excluded.mode, rules_version = excluded.rules_version,
      as_of = excluded.as_of, evaluated = excluded.evaluated, added = excluded.added, removed = excluded.removed,
      duration_ms = excluded.duration_ms, changes = excluded.changes, changed = excluded.changed, moved = excluded.moved,
      reached = excluded.reached, finished_at = excluded.finished_at, error = null
    where segment_refresh.status = 'running'`;
}

/** Whoever succeeded is not to be tried again for an earlier failure. */
export function forgetFailures(tenantId: string, segmentIds: readonly string[]): Sql {
  return sql`
    update segment_refresh set retry_at = null
    where tenant_id = ${tenantId}::uuid and segment_id = any(${segmentIds}::uuid[]) and status = 'failed' and retry_at is not null`;
}

/**
 * Takes the rows that the end of a cycle writes, in the order in which erasures and merges take theirs, and as they do only
 * after the members: of two that took them crosswise one would be refused. Those of lists are their editors'.
 */
export function lockStates(tenantId: string): Sql {
  return sql`
    select from segment_state st join segment s on s.tenant_id = ${tenantId}::uuid and s.id = st.segment_id
    where st.tenant_id = ${tenantId}::uuid and s.type = 'dynamic' order by st.segment_id for no key update of st`;
}

/** The segments stand at `asOf` now, with as many members more or less, and are due by themselves at `due` (null: never). */
export function movePosition({ tenantId, refreshes, asOf, due }: Pick<EndedCycle, 'tenantId' | 'refreshes' | 'asOf'> & { readonly due: Date | null }): Sql {
  return sql`
    update segment_state st set as_of = ${asOf}::timestamptz, at = coalesce(${due}::timestamptz, 'infinity'), contact_count = st.contact_count + e.added - e.removed
    from ${columns(refreshes)} where st.tenant_id = ${tenantId}::uuid and st.segment_id = e.segment_id`;
}

/** What a cycle leaves undone. */
export interface LeftBehind {
  readonly realNow: Date;
  /** When the oldest of the changes was made that the cycle drained; its own moment where it drained none. */
  readonly since: Date;
  /** Segments of which a full refresh was asked for. */
  readonly requested: readonly string[];
  /** Segments that could have followed: who did not had too many candidates, or failed, which its refresh tells. */
  readonly live: readonly string[];
}

/**
 * The changes are drained: a segment that was not brought along has missed them and owes a full refresh. It is due at once,
 * or when a failed one may be tried again; one that is not active is due when it is activated, which rings. Since when it
 * misses something, and why it owes a refresh, is noted once, whatever else it misses until it is filled; a new one, since
 * it is as it is.
 */
export function oweFullExcept(tenantId: string, segmentIds: readonly string[], { realNow, since, requested, live }: LeftBehind): Sql {
  return sql`
    update segment_state st set owed = 'full',
      owed_since = coalesce(st.owed_since, case when st.as_of is null then s.updated_at else ${since}::timestamptz end),
      owed_because = coalesce(st.owed_because, case
        when st.as_of is null then 'first_fill'
        when s.status <> 'active' then 'inactive_before'
        when st.segment_id = any(${requested}::uuid[]) then 'requested'
        when st.segment_id = any(${live}::uuid[]) then 'many_candidates'
        else 'rules_changed' end),
      at = case when s.status <> 'active' then 'infinity' when st.owed = 'full' then st.at else ${realNow}::timestamptz end
    from segment s
    where st.tenant_id = ${tenantId}::uuid and s.tenant_id = ${tenantId}::uuid and s.id = st.segment_id and s.type = 'dynamic'
      and st.segment_id <> all(${segmentIds}::uuid[]) and (st.owed <> 'full' or (s.status <> 'active' and st.at < 'infinity') or (s.status = 'active' and st.owed_since is null))`;
}

function columns(refreshes: readonly EndedRefresh[]): Sql {
  return sql`unnest(${refreshes.map((one) => one.refreshId)}::uuid[], ${refreshes.map((one) => one.segmentId)}::uuid[],
    ${refreshes.map((one) => one.rulesVersion)}::integer[], ${refreshes.map((one) => one.added)}::bigint[],
    ${refreshes.map((one) => one.removed)}::bigint[], ${refreshes.map((one) => one.references)}::integer[],
    ${refreshes.map((one) => one.evaluated)}::bigint[]) as e (id, segment_id, rules_version, added, removed, reached, evaluated)`;
}
