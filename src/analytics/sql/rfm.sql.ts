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

/**
 * One row, of customers who are scored once: `cells`, those that somebody is in, with contacts, their revenue, and means; and
 * `deciles`, tenths of the customers by revenue, the most valuable first.
 */
export function rfm(tenantId: string, segmentId: string, now: Date): Sql {
  return sql`
    with scored as materialized (${scored(tenantId, segmentId, now)}),
    cell as (
      select recency, frequency, monetary, count(*) as contacts, sum(revenue) as revenue, avg(times) as mean_conversions,
        avg(extract(epoch from ${now}::timestamptz - last_at) / 86400) as mean_days_since
      from scored group by 1, 2, 3
    ),
    tenth as (
      select decile, count(*) as contacts, sum(revenue) as revenue, min(revenue) as least, max(revenue) as most
      from (select *, ntile(10) over (order by revenue desc, contact_id) as decile from scored) d group by decile
    )
    select (select coalesce(json_agg(c order by recency desc, frequency desc, monetary desc), '[]') from cell c) as cells,
      (select coalesce(json_agg(t order by decile), '[]') from tenth t) as deciles`;
}
