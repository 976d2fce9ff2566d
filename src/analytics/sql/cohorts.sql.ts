import { sql, type Sql } from '#database';
import { stays } from './event-days.sql.js';
import { beginOf, dayOf, endOf } from './local-days.sql.js';

export interface CohortScope {
  readonly tenantId: string;
  readonly segmentId: string;
  readonly zone: string;
  /** Cohorts that began in these local days. */
  readonly from: string;
  readonly to: string;
  /** `entry`: by the first entry into the segment. `firstConversion`: the present members, by their first `converted` event. */
  readonly by: 'entry' | 'firstConversion';
  /** How many weeks each cohort is followed. */
  readonly weeks: number;
  readonly now: Date;
}

/**
 * Rows of `cohort` (the Monday of its week), `size`, `week` (0 is that of the start), and of that week: `retained` (members at its
 * end, or now), `active` (opened, clicked, replied or converted), `converted` contacts, `conversions` and `revenue`.
 */
export function cohorts(scope: CohortScope): Sql {
  const { tenantId, zone, weeks, now } = scope;
  const monday = (day: Sql): Sql => sql`date_trunc('week', ${day}::timestamp)::date`;
  const today = dayOf(sql`${now}::timestamptz`, zone);
  return sql`
    with start as materialized (
      select contact_id, ${monday(dayOf(sql`at`, zone))} as cohort from (${firsts(scope)}) f
      where at >= ${beginOf(scope.from, zone)} and at < ${endOf(scope.to, zone)} and at <= ${now}::timestamptz
    ),
    week as (
      select c.cohort, c.size, k.week, (c.cohort + (k.week + 1) * 7)::timestamp at time zone ${zone}::text as ends
      from (select cohort, count(*) as size from start group by cohort) c
      cross join generate_series(0, ${weeks - 1}::int) k (week) where c.cohort + k.week * 7 <= ${today}
    ),
    stay as materialized (${stays({ tenantId, segmentIds: [scope.segmentId] }, sql`select contact_id from start`)}),
    kept as (
      select w.cohort, w.week, count(distinct s.contact_id) as retained
      from week w join start b on b.cohort = w.cohort join stay s on s.contact_id = b.contact_id
      where s.entered_at < w.ends and (s.left_at is null or s.left_at >= least(w.ends, ${now}::timestamptz))
      group by 1, 2
    ),
    did as (
      select b.cohort, (${dayOf(sql`e.occurred_at`, zone)} - b.cohort) / 7 as week, count(distinct e.contact_id) as active,
        count(distinct e.contact_id) filter (where e.type = 'converted') as converted,
        count(*) filter (where e.type = 'converted') as conversions, coalesce(sum(e.revenue), 0) as revenue
      from start b join contact_event e on e.tenant_id = ${tenantId}::uuid and e.contact_id = b.contact_id
        and e.type = any(array['opened', 'clicked', 'replied', 'converted'] collate "C")
      where e.occurred_at >= b.cohort::timestamp at time zone ${zone}::text and e.occurred_at <= ${now}::timestamptz
      group by 1, 2
    )
    select w.cohort::text as cohort, w.size, w.week, coalesce(kept.retained, 0) as retained, coalesce(did.active, 0) as active,
      coalesce(did.converted, 0) as converted, coalesce(did.conversions, 0) as conversions, coalesce(did.revenue, 0) as revenue
    from week w left join kept using (cohort, week) left join did using (cohort, week)
    order by w.cohort, w.week`;
}

function firsts({ tenantId, segmentId, by, now }: CohortScope): Sql {
  if (by === 'entry') {
    return sql`
      select contact_id, min(at) as at from membership_change
      where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid and change = 'entered' group by contact_id`;
  }
  return sql`
    select e.contact_id, min(e.occurred_at) as at
    from segment_member m join contact_event e on e.tenant_id = ${tenantId}::uuid and e.contact_id = m.contact_id and e.type = 'converted'
    where m.tenant_id = ${tenantId}::uuid and m.segment_id = ${segmentId}::uuid and e.occurred_at <= ${now}::timestamptz
    group by e.contact_id`;
}
