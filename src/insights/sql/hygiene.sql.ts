import { sql, type Sql } from '#database';
import { oldestMissed } from '../../segments/index.js';

/** A segment that is not archived, with what its report is made of. */
export interface SegmentFacts {
  id: string; name: string; status: 'draft' | 'active'; rules: object | null;
  /** Its members, and how many more they are than at the beginning of the time that is looked at. */
  size: string; grown: string;
  /** Of a dynamic one: the moment that its members are right for, and since when a change waits. */
  as_of: string | null; pending_since: string | null;
  refreshed: boolean; error: string | null; used_at: string; named: boolean;
}

/**
 * All segments but archived ones, in the order of their ids. How they have grown is read from the histories since `since`
 * (membership_change_by_time), and for those who were erased from the counts that are kept without them.
 */
export function readFacts(tenantId: string, since: Date): Sql {
  return sql`
    with moved as (
      select segment_id, sum(case change when 'entered' then 1 else -1 end) as grown from membership_change
      where tenant_id = ${tenantId}::uuid and at > ${since}::timestamptz group by segment_id
    ),
    erased as (
      select segment_id, sum(entered - exited) as grown from membership_erased
      where tenant_id = ${tenantId}::uuid and on_day > (${since}::timestamptz at time zone 'UTC')::date group by segment_id
    )
    select s.id, s.name, s.status, s.rules, coalesce(st.contact_count, 0) as size,
      case s.type when 'dynamic' then st.as_of end as as_of, case s.type when 'dynamic' then ${oldestMissed(tenantId)} end as pending_since,
      coalesce(m.grown, 0) + coalesce(e.grown, 0) as grown, s.type = 'static' or st.as_of is not null as refreshed,
      case when last.status = 'failed' then coalesce(last.error, '') end as error,
      greatest(s.updated_at, u.used_at) as used_at,
      exists (select from segment_link l join segment d on d.tenant_id = ${tenantId}::uuid and d.id = l.segment_id
        where l.tenant_id = ${tenantId}::uuid and l.target_id = s.id and d.status <> 'archived') as named
    from segment s
    left join segment_state st on st.tenant_id = ${tenantId}::uuid and st.segment_id = s.id
    left join segment_use u on u.tenant_id = ${tenantId}::uuid and u.segment_id = s.id
    left join moved m on m.segment_id = s.id
    left join erased e on e.segment_id = s.id
    left join lateral (select r.status, r.error from segment_refresh r
      where r.tenant_id = ${tenantId}::uuid and r.segment_id = s.id and r.status in ('succeeded', 'failed')
      order by r.id desc limit 1) last on true
    where s.tenant_id = ${tenantId}::uuid and s.status <> 'archived'
    order by s.id`;
}

export interface AlikePair { a: string; b: string; jaccard: number }

/**
 * The pairs of these segments whose members are nearly the same. Sizes are compared first: sets of other sizes cannot be
 * alike. Of many members every `nth` contact is looked at, by the random end of its id, the same ones in each segment.
 */
export function findAlike(tenantId: string, ids: readonly string[], sizes: readonly number[], least: number, nth: number): Sql {
  return sql`
    with named as (select * from unnest(${[...ids]}::uuid[], ${[...sizes]}::bigint[]) as n (id, size)),
    pair as materialized (
      select a.id as a, b.id as b from named a join named b on a.id < b.id and least(a.size, b.size) >= greatest(a.size, b.size) * ${least}::float8
    ),
    member as materialized (
      select m.segment_id, m.contact_id from segment_member m
      where m.tenant_id = ${tenantId}::uuid and m.segment_id in (select a from pair union select b from pair)
        and ${nth === 1 ? sql`true` : sql`get_byte(uuid_send(m.contact_id), 15) % ${nth}::int = 0`}
    ),
    counted as (select segment_id, count(*) as size from member group by segment_id),
    shared as (
      select p.a, p.b, count(*) as size from member x join member y on y.contact_id = x.contact_id
      join pair p on p.a = x.segment_id and p.b = y.segment_id group by p.a, p.b
    )
    select s.a, s.b, (s.size::float8 / (a.size + b.size - s.size)) as jaccard
    from shared s join counted a on a.segment_id = s.a join counted b on b.segment_id = s.b
    where s.size >= (a.size + b.size - s.size) * ${least}::float8
    order by jaccard desc, s.a, s.b limit 500`;
}
