import { sql, type Sql } from '#database';

/** Of a field no more values than these are looked at, the most common first. */
const valuesOfField = 200;

const texts = [
  ['country', 'country'], ['state', 'state'], ['city', 'city'], ['timezone', 'timezone'], ['company', 'company'], ['jobTitle', 'job_title'],
  ['source', 'source'], ['subscriptionStatus', 'subscription_status'],
] as const;

/**
 * Rows of `field`, `value`, `inside` (those of `members` with it) and `everywhere` (contacts with it). One pass over the contacts; custom fields by
 * their id as `customField:<id>`. Lead scores are taken by tens, and behaviours from the engagement figures.
 */
export function valueCounts(tenantId: string, members: Sql, customFieldIds: readonly string[], now: Date): Sql {
  const within = (column: string, days: number): Sql =>
    sql`(${sql.ref(column)} > ${now}::timestamptz - make_interval(days => ${days}::int) and ${sql.ref(column)} <= ${now}::timestamptz)`;
  const behaviours: [string, Sql][] = [
    ['openedLast30Days', within('g.last_opened_at', 30)], ['clickedLast30Days', within('g.last_clicked_at', 30)],
    ['convertedLast90Days', within('g.last_converted_at', 90)], ['hasConverted', sql`g.total_conversions > 0`], ['openedLastEmail', sql`g.opened_last_email`],
  ];
  return sql`
    select field, value, inside, everywhere from (
      select field, value, count(*) filter (where is_member) as inside, count(*) as everywhere,
        row_number() over (partition by field order by count(*) desc, value) as place
      from (
        select v.field, v.value, m.contact_id is not null as is_member
        from contact c
        left join (${members}) m on m.contact_id = c.id
        left join contact_engagement g on g.tenant_id = ${tenantId}::uuid and g.contact_id = c.id
        cross join lateral (
          select * from (values
            ${sql.join(texts.map(([name, column]) => sql`(${name}::text, ${sql.ref(`c.${column}`)})`))},
            ('leadScore', case when c.lead_score is not null then (floor(least(greatest(c.lead_score, -1e6), 1e6) / 10) * 10)::bigint || ' to under ' || (floor(least(greatest(c.lead_score, -1e6), 1e6) / 10) * 10 + 10)::bigint end),
            ('lastOpenedDevice', g.last_opened_device),
            ${sql.join(behaviours.map(([name, holds]) => sql`(${name}::text, coalesce(${holds}, false)::text)`))}
          ) plain (field, value)
          union all select 'tags', tag from unnest(c.tags) tag
          union all
          select 'customField:' || p.key, item
          from jsonb_each(c.custom) p
          cross join lateral (
            select p.value #>> '{}' where jsonb_typeof(p.value) <> 'array'
            union all select * from jsonb_array_elements_text(case jsonb_typeof(p.value) when 'array' then p.value else '[]' end)
          ) items (item)
          where p.key = any(${[...customFieldIds]}::text[])
        ) v (field, value)
        where c.tenant_id = ${tenantId}::uuid and v.value is not null and v.value <> ''
      ) valued
      group by field, value
    ) counted
    where place <= ${valuesOfField}::int`;
}

/** One row: how many members and contacts there are. */
export function populations(tenantId: string, members: Sql): Sql {
  return sql`
    select (select count(*) from (${members}) m) as members, (select count(*) from contact where tenant_id = ${tenantId}::uuid) as contacts`;
}
