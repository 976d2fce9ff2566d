import { formatInstant } from '../../time/calendar.js';
import { sql, type Sql } from '../../sql.js';
import type { Statement } from './statement.js';

/**
 * Recomputes `contact_engagement` (its columns, in its order) from the events of the contacts that a subquery yields,
 * up to `asOf` (`null`: all of them). A contact without events has no row.
 */
export function engagementSql(contacts: Sql, tenantId: string, asOf: number | null): Sql {
  const upTo = asOf === null ? sql`` : sql` and e.occurred_at <= ${formatInstant(asOf)}::timestamptz`;
  return figuresFrom(tenantId, sql`e.contact_id in (${contacts})${upTo}`);
}

/**
 * The same figures over all events of contacts known by their ids. As ready values these reach an index on either table
 * by themselves, or one scan of the tenant's rows where the statistics do not know the tenant yet, whatever is joined.
 */
export function engagementOf(contactIds: readonly string[], tenantId: string): Sql {
  const ids = sql`${contactIds}::uuid[]`;
  return figuresFrom(tenantId, sql`e.contact_id = any(${ids}) and z.id = any(${ids})`);
}

/**
 * One pass over the events: beside each stands the contact's latest sent event that has a campaign, by a window and not
 * by a join, which took 10 seconds for 5,000 contacts where the planner expected one.
 */
function figuresFrom(tenantId: string, which: Sql): Sql {
  const counts = sql`e.type = 'sent' and coalesce(e.campaign_id, '') <> ''`;
  return sql`select ${tenantId}::uuid as tenant_id, e.contact_id, ${figures()}
    from (select e.id, e.contact_id, e.type, e.occurred_at, e.campaign_id, e.device, e.revenue,
        e.occurred_at at time zone z.zone as local_at,
        first_value(case when ${counts} then e.campaign_id end) over latest_sent as sent_campaign,
        first_value(case when ${counts} then e.occurred_at end) over latest_sent as sent_campaign_at
      from contact_event e join contact z on z.tenant_id = ${tenantId}::uuid and z.id = e.contact_id
      where e.tenant_id = ${tenantId}::uuid and ${which}
      window latest_sent as (partition by e.contact_id order by (${counts}) desc, e.occurred_at desc, e.id desc)) e
    group by e.contact_id`;
}

/** The aggregates over events that are called `e`. */
function figures(): Sql {
  return sql`max(e.occurred_at) as latest_event_at,
    ${count('sent')} as emails_sent, ${count('delivered')} as emails_delivered,
    ${count('opened')} as total_opens, ${count('clicked')} as total_clicks,
    ${count('replied')} as total_replies, ${count('converted')} as total_conversions,
    ${count('bounced')} as total_bounces, coalesce(sum(e.revenue), 0) as total_revenue,
    ${last(sql`e.type = 'sent'`)} as last_sent_at, ${last(sql`e.type = 'opened'`)} as last_opened_at,
    ${last(sql`e.type = 'clicked'`)} as last_clicked_at, ${last(sql`e.type = 'converted'`)} as last_converted_at,
    ${last(sql`e.type in ('opened', 'clicked', 'replied', 'converted')`)} as last_activity_at,
    (array_agg(e.device order by e.occurred_at desc, e.id desc)
      filter (where e.type = 'opened' and e.device <> ''))[1] as last_opened_device,
    ${mode(sql`extract(hour from e.local_at)`)} as most_common_open_hour,
    ${mode(sql`extract(isodow from e.local_at)`)} as most_common_open_weekday,
    coalesce(bool_or(e.type = 'opened' and e.campaign_id = e.sent_campaign and e.occurred_at >= e.sent_campaign_at), false)
      as opened_last_email`;
}

/**
 * The feature of the engagement figures at the statement's `asOf`: the stored ones, except of contacts with events after
 * it, whose figures are recomputed (found by the index on `latest_event_at`). The one place where that is decided.
 *
 * The stored ones are left to the planner, which scans or looks them up as the other conditions suggest (materialised,
 * 92,000 rows went to disk first: four times as long). `offset 0` makes of the recomputed ones a subquery, without which
 * both together could not be looked up by contact.
 *
 * Where no event is later the stored ones are all there is. The planner has no statistics of the two together, and hashed
 * 900,000 contacts beside them instead of the 200,000 figures; nor does it read them with several workers.
 */
export function engagementFeature(statement: Statement): string {
  const asOf = sql`${formatInstant(statement.asOf)}::timestamptz`;
  const columns = (): Sql => sql.join(['contact_id', ...statement.figures].map((column) => sql.ref(`g.${column}`)));
  if (!statement.laterEvents) {
    // Not restricted to candidates: joined to them it is looked up by contact. Restricted, it was read whole to be joined (a million rows for each statement).
    return statement.feature('engagement', 'engagement', () => sql`select ${columns()} from contact_engagement g where ${statement.ofTenant('g')}`, false);
  }
  const later = statement.feature('later', 'engagement with later events', () => {
    const contacts = sql`select g.contact_id from contact_engagement g
      where ${statement.ofTenant('g')} and g.latest_event_at > ${asOf}${statement.amongCandidates('g.contact_id')}`;
    return sql`select ${columns()} from (${engagementSql(contacts, statement.tenantId, statement.asOf)}) g`;
  });
  return statement.feature('engagement', 'engagement', () => sql`select ${columns()} from contact_engagement g
    where ${statement.ofTenant('g')} and g.latest_event_at <= ${asOf}${statement.amongCandidates('g.contact_id')}
    union all
    select ${columns()} from (select * from ${sql.ref(later)} offset 0) g`, false);
}

function count(type: string): Sql {
  return sql`(count(*) filter (where e.type = ${type}::text))::float8`;
}

function last(which: Sql): Sql {
  return sql`max(e.occurred_at) filter (where ${which})`;
}

/** mode() takes the first of the most frequent in the given order: the smallest. */
function mode(value: Sql): Sql {
  return sql`(mode() within group (order by ${value}) filter (where e.type = 'opened'))::float8`;
}
