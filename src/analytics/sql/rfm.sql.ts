import { sql, type Sql } from '#database';

/**
 * The present members who have converted, with how long ago (days), how often and for how much; scores from 1 to 5 by rank among
 * them, 5 the best. Equals have equal scores, so a score holds a fifth only where values differ.
 */
function scored(tenantId: string, segmentId: string, now: Date): Sql {
  const score = (order: Sql): Sql => sql`least(5, 1 + floor(5 * percent_rank() over (order by ${order})))::int`;
  return sql`
    select *, ${score(sql`last_at`)} as recency, ${score(sql`times`)} as frequency, ${score(sql`revenue`)} as monetary
    from (
      select e.contact_id, max(e.occurred_at) as last_at, count(*) as times, coalesce(sum(e.revenue), 0) as revenue
      from segment_member m join contact_event e on e.tenant_id = ${tenantId}::uuid and e.contact_id = m.contact_id and e.type = 'converted'
      where m.tenant_id = ${tenantId}::uuid and m.segment_id = ${segmentId}::uuid and e.occurred_at <= ${now}::timestamptz
      group by e.contact_id
    ) customer`;
}

/** Rows of the cells that somebody is in: three scores, contacts, their revenue, and means. */
export function rfmCells(tenantId: string, segmentId: string, now: Date): Sql {
  return sql`
    select recency, frequency, monetary, count(*) as contacts, sum(revenue) as revenue, avg(times) as mean_conversions,
      avg(extract(epoch from ${now}::timestamptz - last_at) / 86400) as mean_days_since
    from (${scored(tenantId, segmentId, now)}) s
    group by 1, 2, 3 order by 1 desc, 2 desc, 3 desc`;
}

/** Rows of tenths of the customers by revenue, the most valuable first. */
export function valueDeciles(tenantId: string, segmentId: string, now: Date): Sql {
  return sql`
    select decile, count(*) as contacts, sum(revenue) as revenue, min(revenue) as least, max(revenue) as most
    from (select *, ntile(10) over (order by revenue desc, contact_id) as decile from (${scored(tenantId, segmentId, now)}) s) d
    group by decile order by decile`;
}
