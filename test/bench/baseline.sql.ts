import { sql, type Sql } from '#database';

/** What the statements are given: ids of the tenant, its custom fields by key, its campaigns' names for events. */
export interface BaselineInput {
  readonly tenantId: string;
  readonly asOf: Date;
  readonly fields: Readonly<Record<string, string>>;
  readonly campaigns: Readonly<Record<string, readonly string[]>>;
}

/**
 * The guide's segments as somebody who knows the tables and their indexes would write them by hand, each a SELECT of
 * `contact_id`, by the number of the template. They lean on what the compiler may not: every event lies before `asOf`, and
 * days are ISO texts, which compare as they are.
 */
export function baselines({ tenantId, asOf, fields, campaigns }: BaselineInput): ReadonlyMap<number, Sql> {
  const t = sql`${tenantId}::uuid`;
  const now = sql`${asOf.toISOString()}::timestamptz`;
  const ago = (days: number): Sql => sql`${new Date(asOf.getTime() - days * 86_400_000).toISOString()}::timestamptz`;
  const day = (days: number): Sql => sql`(${new Date(asOf.getTime() + days * 86_400_000).toISOString().slice(0, 10)}::text collate "C")`;
  const custom = (key: string): Sql => sql`(c.custom ->> ${fields[key]!}::text)`;
  const json = (key: string): Sql => sql`(c.custom -> ${fields[key]!}::text)`;
  const folded = (x: Sql): Sql => sql`lower(${x} collate "pg_c_utf8")`;
  const within = (x: Sql, days: number): Sql => sql`${x} >= ${ago(days)} and ${x} <= ${now}`;
  const contacts = (where: Sql): Sql => sql`select c.id as contact_id from contact c where c.tenant_id = ${t} and ${where}`;
  const figures = (where: Sql): Sql => sql`select g.contact_id from contact_engagement g where g.tenant_id = ${t} and ${where}`;
  /** Both, each contact once. */
  const both = (where: Sql): Sql => sql`select c.id as contact_id from contact c join contact_engagement g on g.tenant_id = ${t} and g.contact_id = c.id
    where c.tenant_id = ${t} and ${where}`;
  const either = (where: Sql): Sql => sql`select c.id as contact_id from contact c left join contact_engagement g on g.tenant_id = ${t} and g.contact_id = c.id
    where c.tenant_id = ${t} and ${where}`;
  /** Who did so at least so often in the last days. */
  const often = (type: string, times: number, days: number): Sql => sql`select e.contact_id from contact_event e
    where e.tenant_id = ${t} and e.type = ${type} and e.occurred_at >= ${ago(days)} and e.occurred_at <= ${now}
    group by e.contact_id having count(*) >= ${times}`;
  const launch = campaigns['Product Launch Q4']!;
  const announcement = campaigns['Feature Announcement']!;

  return new Map<number, Sql>([
    [1, both(sql`c.subscription_status = 'active' and ${within(sql`g.last_opened_at`, 30)}`)],
    [2, sql`select o.contact_id from (${often('opened', 5, 30)}) o join (${often('clicked', 2, 30)}) k on k.contact_id = o.contact_id
      join contact_engagement g on g.tenant_id = ${t} and g.contact_id = o.contact_id and ${within(sql`g.last_activity_at`, 7)}`],
    [3, both(sql`c.subscription_status = 'active' and g.last_opened_at < ${ago(90)}`)],
    [4, either(sql`c.created_at < ${ago(30)} and (g.contact_id is null or (g.total_opens = 0 and g.total_clicks = 0))`)],
    [5, contacts(sql`${folded(sql`c.country`)} = 'united states' and (${folded(sql`c.state`)} = 'california' or ${folded(sql`c.city`)} = 'san francisco')`)],
    [6, contacts(sql`${folded(custom('company_size'))} = '51-200 employees'`)],
    [7, contacts(sql`${folded(custom('industry'))} in ('saas', 'technology', 'software')`)],
    [8, either(sql`${within(sql`c.created_at`, 7)} and (g.contact_id is null or g.emails_sent = 0)`)],
    [9, contacts(sql`${folded(custom('account_type'))} = 'trial' and ${custom('trial_end_date')} between ${day(0)} and ${day(7)}`)],
    [10, contacts(sql`${folded(custom('account_type'))} = 'paid' and ${custom('last_purchase_date')} between ${day(-90)} and ${day(0)}`)],
    [11, sql`select o.contact_id from (${often('opened', 3, 30)}) o where o.contact_id in (${often('clicked', 1, 30)})
      union ${contacts(sql`c.lead_score >= 75 and ${json('customer_ltv')}::float8 >= 1000`)}`],
    [12, both(sql`${folded(sql`c.country`)} in ('united states', 'canada')
      and ${folded(sql`c.timezone`)} in ('america/new_york', 'america/chicago', 'america/denver', 'america/los_angeles')
      and ${within(sql`g.last_opened_at`, 60)} and g.total_clicks >= 5
      and not exists (select from unnest(c.tags) tag where ${folded(sql`tag`)} = 'unqualified') and ${json('bounced')} is distinct from 'true'::jsonb`)],
    [13, figures(sql`g.total_clicks >= 10 and g.total_conversions = 0 and ${within(sql`g.last_clicked_at`, 30)}`)],
    [14, sql`select g.contact_id from contact_engagement g join (
        select e.contact_id from contact_event e where e.tenant_id = ${t} and e.type = 'opened' and e.occurred_at <= ${now}
        group by e.contact_id having count(*) filter (where ${folded(sql`e.device`)} = 'mobile') >= 5 and count(*) filter (where ${folded(sql`e.device`)} = 'desktop') = 0
      ) o on o.contact_id = g.contact_id where g.tenant_id = ${t} and ${folded(sql`g.last_opened_device`)} = 'mobile'`],
    [15, figures(sql`g.most_common_open_hour between 9 and 11 and g.most_common_open_weekday between 1 and 5`)],
    [16, sql`select e.contact_id from contact_event e where e.tenant_id = ${t} and ${folded(sql`e.campaign_id`)} = any(${launch}::text[]) and e.type = 'clicked' and e.occurred_at <= ${now}
      group by e.contact_id having bool_or(strpos(${folded(sql`e.url`)}, 'pricing') > 0) and not coalesce(bool_or(strpos(${folded(sql`e.url`)}, 'demo') > 0), false)`],
    [17, sql`select e.contact_id from contact_event e where e.tenant_id = ${t} and ${folded(sql`e.campaign_id`)} = any(${announcement}::text[]) and e.type in ('sent', 'opened', 'clicked') and e.occurred_at <= ${now}
      group by e.contact_id having bool_or(e.type = 'sent' and e.occurred_at < ${ago(3)}) and bool_or(e.type = 'opened') and not bool_or(e.type = 'clicked')`],
    [18, both(sql`c.lead_score between 80 and 100 and ${within(sql`g.last_activity_at`, 14)} and g.opened_last_email`)],
    [19, both(sql`c.lead_score between 50 and 79 and ${within(sql`g.last_activity_at`, 30)}`)],
    [20, either(sql`(c.lead_score between 0 and 49 or g.last_activity_at < ${ago(60)})`)],
    [21, contacts(sql`exists (select from jsonb_array_elements_text(${json('interests')}) i where ${folded(sql`i`)} in ('automation', 'analytics', 'integrations'))`)],
    [22, contacts(sql`${custom('trial_end_date')} between ${day(0)} and ${day(7)}`)],
    [23, contacts(sql`substr(${custom('signup_date')}, 6, 2) = substr(${day(0)}, 6, 2) and substr(${custom('signup_date')}, 1, 4) < substr(${day(0)}, 1, 4)`)],
    [24, contacts(sql`${json('total_revenue')}::float8 > 5000 and ${json('lifetime_opens')}::float8 > 50`)],
    [25, either(sql`c.subscription_status = 'active'
      and not coalesce(g.last_activity_at < ${ago(90)}, false) and not (g.last_activity_at is null and c.created_at < ${ago(90)})
      and not exists (select from contact_event e where e.tenant_id = ${t} and e.type = 'converted' and ${within(sql`e.occurred_at`, 30)} and e.contact_id = c.id)`)],
    [26, either(sql`(${within(sql`g.last_activity_at`, 90)} or exists (select from unnest(c.tags) tag where ${folded(sql`tag`)} = 'product user'))
      and c.id not in (select e.contact_id from contact_event e where e.tenant_id = ${t} and e.type = 'sent' and ${within(sql`e.occurred_at`, 7)}
        and e.campaign_id in (select names.campaign_id from campaign p cross join lateral (values (p.id::text), (p.external_id)) names (campaign_id)
          where p.tenant_id = ${t} and strpos(${folded(sql`p.name`)}, 'product') > 0 and names.campaign_id is not null))`)],
  ]);
}
