import { sql, type Sql } from '#database';
import { formatDay, localDay } from '#rules';

/** What the statements are given: ids of the tenant, its custom fields by key, its campaigns' names for events. */
export interface HandWrittenInput {
  readonly tenantId: string;
  readonly asOf: Date;
  readonly fields: Readonly<Record<string, string>>;
  readonly campaigns: Readonly<Record<string, readonly string[]>>;
}

export type HandWritten = ReturnType<typeof handWritten>;

/**
 * Segments as somebody who knows the tables and their indexes would write them by hand, each a SELECT of `contact_id`.
 * They lean on what the compiler may not: every event lies before `asOf`, few contacts have a date of the ranges asked for, and
 * these campaigns' ids hold small letters only, so that contact_event_by_campaign finds them.
 */
export function handWritten({ tenantId, asOf, fields, campaigns }: HandWrittenInput) {
  const t = sql`${tenantId}::uuid`;
  const now = sql`${asOf.toISOString()}::timestamptz`;
  const ago = (days: number): Sql => sql`${new Date(asOf.getTime() - days * 86_400_000).toISOString()}::timestamptz`;
  const today = (zone = 'UTC'): number => localDay(asOf.getTime(), zone);
  const custom = (key: string): Sql => sql`(c.custom ->> ${fields[key]!}::text)`;
  const json = (key: string): Sql => sql`(c.custom -> ${fields[key]!}::text)`;
  const folded = (x: Sql): Sql => sql`lower(${x} collate "pg_c_utf8")`;
  /** Who has a date between two days, by contact_date_by_day. */
  const dated = (key: string, from: number, to: number): Sql => sql`contact_date d where d.tenant_id = ${t} and d.field_id = ${fields[key]!}::uuid
    and d.on_day between ${formatDay(from)}::date and ${formatDay(to)}::date`;
  const within = (x: Sql, days: number): Sql => sql`${x} >= ${ago(days)} and ${x} <= ${now}`;
  const oneOf = (x: Sql, values: readonly string[]): Sql => sql`${folded(x)} = any(${values.map((value) => value.toLowerCase())}::text[])`;
  const tagged = (tag: string): Sql => sql`exists (select from unnest(c.tags) tag where ${folded(sql`tag`)} = ${tag})`;
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
  const ofAccount = (type: string, dates: Sql): Sql => sql`select c.id as contact_id from (select d.contact_id from ${dates}) d
    join contact c on c.tenant_id = ${t} and c.id = d.contact_id where ${folded(custom('account_type'))} = ${type}`;
  const ofCampaign = (name: string, types: Sql): Sql => sql`contact_event e
    where e.tenant_id = ${t} and e.campaign_id = any(${campaigns[name]!}::text[]) and e.type ${types} and e.occurred_at <= ${now}`;
  const members = (segmentId: string): Sql => sql`select m.contact_id from segment_member m where m.tenant_id = ${t} and m.segment_id = ${segmentId}::uuid`;
  const quiet = (days: number): Sql => sql`(coalesce(g.last_activity_at < ${ago(days)}, false) or (g.last_activity_at is null and c.created_at < ${ago(days)}))`;

  // `not exists`, and a join where there is an "or": a subquery that passes work_mem is no hash any more, and was read again for each of a million contacts.
  return {
    openedWithin: (days: number) => both(sql`c.subscription_status = 'active' and ${within(sql`g.last_opened_at`, days)}`),
    engaged: (opens: number, clicks: number, days: number, active: number) => sql`select o.contact_id from (${often('opened', opens, days)}) o
      join (${often('clicked', clicks, days)}) k on k.contact_id = o.contact_id
      join contact_engagement g on g.tenant_id = ${t} and g.contact_id = o.contact_id and ${within(sql`g.last_activity_at`, active)}`,
    inactive: (days: number) => contacts(sql`c.subscription_status = 'active' and c.id in (${figures(sql`g.last_opened_at < ${ago(days)}`)})`),
    neverEngaged: (days: number) => either(sql`c.created_at < ${ago(days)} and (g.contact_id is null or (g.total_opens = 0 and g.total_clicks = 0))`),
    place: (country: string, state: string, city: string) => contacts(sql`${folded(sql`c.country`)} = ${country.toLowerCase()}
      and (${folded(sql`c.state`)} = ${state.toLowerCase()} or ${folded(sql`c.city`)} = ${city.toLowerCase()})`),
    companySize: (size: string) => contacts(sql`${folded(custom('company_size'))} = ${size.toLowerCase()}`),
    industry: (...industries: string[]) => contacts(oneOf(custom('industry'), industries)),
    newLeads: (days: number) => either(sql`${within(sql`c.created_at`, days)} and (g.contact_id is null or g.emails_sent = 0)`),
    trial: (days: number, zone?: string) => ofAccount('trial', dated('trial_end_date', today(zone), today(zone) + days)),
    customers: (days: number, zone?: string) => ofAccount('paid', dated('last_purchase_date', today(zone) - days, today(zone))),
    engagedOrValue: (opens: number, clicks: number, days: number, score: number, value: number) => sql`
      select o.contact_id from (${often('opened', opens, days)}) o where o.contact_id in (${often('clicked', clicks, days)})
      union ${contacts(sql`c.lead_score >= ${score} and ${json('customer_ltv')}::float8 >= ${value}`)}`,
    advanced: (countries: readonly string[], zones: readonly string[], days: number, clicks: number) => both(sql`${oneOf(sql`c.country`, countries)}
      and ${oneOf(sql`c.timezone`, zones)} and ${within(sql`g.last_opened_at`, days)} and g.total_clicks >= ${clicks}
      and not ${tagged('unqualified')} and ${json('bounced')} is distinct from 'true'::jsonb`),
    clickedNotConverted: (clicks: number, days: number) => figures(sql`g.total_clicks >= ${clicks} and g.total_conversions = 0 and ${within(sql`g.last_clicked_at`, days)}`),
    onlyOn: (device: string, other: string, times: number) => sql`select g.contact_id from contact_engagement g join (
        select e.contact_id from contact_event e where e.tenant_id = ${t} and e.type = 'opened' and e.occurred_at <= ${now}
        group by e.contact_id having count(*) filter (where ${folded(sql`e.device`)} = ${device}) >= ${times} and count(*) filter (where ${folded(sql`e.device`)} = ${other}) = 0
      ) o on o.contact_id = g.contact_id where g.tenant_id = ${t} and ${folded(sql`g.last_opened_device`)} = ${device}`,
    opensAt: (from: number, to: number, lastWeekday: number) => figures(sql`g.most_common_open_hour between ${from} and ${to} and g.most_common_open_weekday between 1 and ${lastWeekday}`),
    clickedLink: (campaign: string, has: string, lacks: string) => sql`select e.contact_id from ${ofCampaign(campaign, sql`= 'clicked'`)}
      group by e.contact_id having bool_or(strpos(${folded(sql`e.url`)}, ${has}) > 0) and not coalesce(bool_or(strpos(${folded(sql`e.url`)}, ${lacks}) > 0), false)`,
    openedNotClicked: (campaign: string, days: number) => sql`select e.contact_id from ${ofCampaign(campaign, sql`in ('sent', 'opened', 'clicked')`)}
      group by e.contact_id having bool_or(e.type = 'sent' and e.occurred_at < ${ago(days)}) and bool_or(e.type = 'opened') and not bool_or(e.type = 'clicked')`,
    hotLeads: (from: number, to: number, days: number) => both(sql`c.lead_score between ${from} and ${to} and ${within(sql`g.last_activity_at`, days)} and g.opened_last_email`),
    warmLeads: (from: number, to: number, days: number) => both(sql`c.lead_score between ${from} and ${to} and ${within(sql`g.last_activity_at`, days)}`),
    coldLeads: (to: number, days: number) => either(sql`(c.lead_score between 0 and ${to} or g.last_activity_at < ${ago(days)})`),
    interests: (...interests: string[]) => contacts(sql`exists (select from jsonb_array_elements_text(${json('interests')}) i where ${oneOf(sql`i`, interests)})`),
    trialEnds: (days: number, zone?: string) => sql`select d.contact_id from ${dated('trial_end_date', today(zone), today(zone) + days)}`,
    anniversaryThisMonth: (zone?: string) => {
      const [year, month] = formatDay(today(zone)).split('-').map(Number) as [number, number];
      return sql`select d.contact_id from contact_date d where d.tenant_id = ${t} and d.field_id = ${fields['signup_date']!}::uuid
        and d.month_day between ${month * 100 + 1}::smallint and ${month * 100 + 31}::smallint and d.on_day < ${`${year}-01-01`}::date`;
    },
    highValue: (revenue: number, opens: number) => contacts(sql`${json('total_revenue')}::float8 > ${revenue} and ${json('lifetime_opens')}::float8 > ${opens}`),
    /** The guide's 25, with the segments that it names taken by their rules. */
    activeButNeitherBoughtNorQuiet: () => either(sql`c.subscription_status = 'active' and not ${quiet(90)}
      and not exists (select from contact_event e where e.tenant_id = ${t} and e.type = 'converted' and ${within(sql`e.occurred_at`, 30)} and e.contact_id = c.id)`),
    /** The guide's 26, likewise. */
    productUsersNotWrittenTo: () => either(sql`(${within(sql`g.last_activity_at`, 90)} or ${tagged('product user')})
      and not exists (select from (${sentProductMail()}) s where s.contact_id = c.id)`),
    subscribed: () => contacts(sql`c.subscription_status = 'active'`),
    converted: (days: number) => sql`select distinct e.contact_id from contact_event e where e.tenant_id = ${t} and e.type = 'converted' and ${within(sql`e.occurred_at`, days)}`,
    quiet: (days: number) => either(quiet(days)),
    productUsers: () => either(sql`(${within(sql`g.last_activity_at`, 90)} or ${tagged('product user')})`),
    sentProductMail,
    members,
    /** Those of a statement that are in a segment and not in others, as these are stored. */
    inAndNotIn: (statement: Sql, inSegment: string, ...notIn: string[]) => sql`select h.contact_id from (${statement}) h
      where h.contact_id in (${members(inSegment)}) ${sql.join(notIn.map((id) => sql`and not exists (select from (${members(id)}) m where m.contact_id = h.contact_id)`), sql` `)}`,
    except: (statement: Sql, without: Sql) => sql`select h.contact_id from (${statement}) h where not exists (select from (${without}) w where w.contact_id = h.contact_id)`,
  };

  function sentProductMail(): Sql {
    return sql`select e.contact_id from contact_event e where e.tenant_id = ${t} and e.type = 'sent' and ${within(sql`e.occurred_at`, 7)}
      and e.campaign_id in (select names.campaign_id from campaign p cross join lateral (values (p.id::text), (p.external_id)) names (campaign_id)
        where p.tenant_id = ${t} and strpos(${folded(sql`p.name`)}, 'product') > 0 and names.campaign_id is not null)`;
  }
}

/** The guide's 26, by the number of the template. */
export function handWrittenTemplates(by: HandWritten): ReadonlyMap<number, Sql> {
  const zones = ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles'];
  return new Map<number, Sql>([
    [1, by.openedWithin(30)], [2, by.engaged(5, 2, 30, 7)], [3, by.inactive(90)], [4, by.neverEngaged(30)],
    [5, by.place('United States', 'California', 'San Francisco')], [6, by.companySize('51-200 employees')],
    [7, by.industry('SaaS', 'Technology', 'Software')], [8, by.newLeads(7)], [9, by.trial(7)], [10, by.customers(90)],
    [11, by.engagedOrValue(3, 1, 30, 75, 1000)], [12, by.advanced(['United States', 'Canada'], zones, 60, 5)], [13, by.clickedNotConverted(10, 30)],
    [14, by.onlyOn('mobile', 'desktop', 5)], [15, by.opensAt(9, 11, 5)], [16, by.clickedLink('Product Launch Q4', 'pricing', 'demo')],
    [17, by.openedNotClicked('Feature Announcement', 3)], [18, by.hotLeads(80, 100, 14)], [19, by.warmLeads(50, 79, 30)], [20, by.coldLeads(49, 60)],
    [21, by.interests('automation', 'analytics', 'integrations')], [22, by.trialEnds(7)], [23, by.anniversaryThisMonth()], [24, by.highValue(5000, 50)],
    [25, by.activeButNeitherBoughtNorQuiet()], [26, by.productUsersNotWrittenTo()],
  ]);
}

/** Who should be in, against who is, in one statement; with nothing to change, that is all there is to do. */
export function cheapestDifference(tenantId: string, segmentId: string, hand: Sql): Sql {
  return sql`select count(*) filter (where m.contact_id is null) as added, count(*) filter (where s.contact_id is null) as removed
    from (${hand}) s full join (select contact_id from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${segmentId}::uuid) m
      on m.contact_id = s.contact_id
    where s.contact_id is null or m.contact_id is null`;
}
