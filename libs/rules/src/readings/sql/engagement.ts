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
  return figuresFrom(tenantId, ofContacts(sql`${contactIds}::uuid[]`));
}

/**
 * The same figures of contacts to whose stored events the rows of `added` belong by now, which have the columns of events.
 * Counts, sums and latest moments are those that stood there and what is added. The rest is read from the events, of the
 * contacts alone that it may have changed for: of 5,000 events of as many contacts with 20 each the figures took 177 ms and
 * not 323, of mails as they are sent 93 and not 130.
 */
export function engagementAfter(added: Sql, contactIds: readonly string[], tenantId: string): Sql {
  // An array that a subquery makes is a ready value as well; the cast keeps it from being read as a subquery of ids.
  const doubtful = sql`(select ids from doubtful)::uuid[]`;
  return sql`
    with added as materialized (
      select e.contact_id, ${listed(summed)}, max(e.occurred_at) filter (where ${ofCampaign}) as sent_campaign_at
      from ${added} e group by e.contact_id
    ),
    stood as materialized (
      select g.* from contact_engagement g where g.tenant_id = ${tenantId}::uuid and g.contact_id = any(${contactIds}::uuid[])
    ),
    doubtful as materialized (
      select array_agg(a.contact_id) as ids from added a left join stood s on s.contact_id = a.contact_id
      where a.total_opens > 0 or a.sent_campaign_at <= s.last_opened_at
    ),
    told as materialized (${figuresFrom(tenantId, sql`${ofContacts(doubtful)} and e.type in ('sent', 'opened')`, told)})
    select ${tenantId}::uuid as tenant_id, a.contact_id, ${sql.join(summed.map(addedTo))},
      ${sql.join(told.map(({ column, untold }) => sql`case when t.contact_id is null then ${untold} else ${sql.ref(`t.${column}`)} end`))}
    from added a left join stood s on s.contact_id = a.contact_id left join told t on t.contact_id = a.contact_id`;
}

function ofContacts(ids: Sql): Sql {
  return sql`e.contact_id = any(${ids}) and z.id = any(${ids})`;
}

function addedTo({ column, by }: Summed): Sql {
  const [stood, added] = [sql.ref(`s.${column}`), sql.ref(`a.${column}`)];
  return by === 'sum' ? sql`coalesce(${stood}, 0) + ${added}` : sql`greatest(${stood}, ${added})`;
}

/**
 * One pass over the events: beside each stands the contact's latest sent event that has a campaign, by a window and not
 * by a join, which took 10 seconds for 5,000 contacts where the planner expected one.
 */
function figuresFrom(tenantId: string, which: Sql, figures: readonly Figure[] = [...summed, ...told]): Sql {
  return sql`select ${tenantId}::uuid as tenant_id, e.contact_id, ${listed(figures)}
    from (select e.id, e.contact_id, e.type, e.occurred_at, e.campaign_id, e.device, e.revenue,
        e.occurred_at at time zone z.zone as local_at,
        first_value(case when ${ofCampaign} then e.campaign_id end) over latest_sent as sent_campaign,
        first_value(case when ${ofCampaign} then e.occurred_at end) over latest_sent as sent_campaign_at
      from contact_event e join contact z on z.tenant_id = ${tenantId}::uuid and z.id = e.contact_id
      where e.tenant_id = ${tenantId}::uuid and ${which}
      window latest_sent as (partition by e.contact_id order by (${ofCampaign}) desc, e.occurred_at desc, e.id desc)) e
    group by e.contact_id`;
}

/** A column of the table, and its aggregate over events that are called `e`. */
interface Figure { readonly column: string; readonly of: Sql }
/** One of two parts of a contact's events, and of both. */
interface Summed extends Figure { readonly by: 'sum' | 'greatest' }
/**
 * One that the events have to be asked for, where one of the new ones is an opening, or a mail of a campaign that is not
 * later than all openings; else `untold`: the last mail, whichever it is, is then one that nobody has opened.
 */
interface Told extends Figure { readonly untold: Sql }

const ofCampaign = sql`e.type = 'sent' and coalesce(e.campaign_id, '') <> ''`;

/** In the table's order, as the others after them. */
const summed: readonly Summed[] = [
  { column: 'latest_event_at', of: sql`max(e.occurred_at)`, by: 'greatest' },
  { column: 'emails_sent', of: count('sent'), by: 'sum' },
  { column: 'emails_delivered', of: count('delivered'), by: 'sum' },
  { column: 'total_opens', of: count('opened'), by: 'sum' },
  { column: 'total_clicks', of: count('clicked'), by: 'sum' },
  { column: 'total_replies', of: count('replied'), by: 'sum' },
  { column: 'total_conversions', of: count('converted'), by: 'sum' },
  { column: 'total_bounces', of: count('bounced'), by: 'sum' },
  { column: 'total_revenue', of: sql`coalesce(sum(e.revenue), 0)`, by: 'sum' },
  { column: 'last_sent_at', of: last('sent'), by: 'greatest' },
  { column: 'last_opened_at', of: last('opened'), by: 'greatest' },
  { column: 'last_clicked_at', of: last('clicked'), by: 'greatest' },
  { column: 'last_converted_at', of: last('converted'), by: 'greatest' },
  { column: 'last_activity_at', of: last('opened', 'clicked', 'replied', 'converted'), by: 'greatest' },
];

const told: readonly Told[] = [
  {
    column: 'last_opened_device', untold: sql`s.last_opened_device`,
    of: sql`(array_agg(e.device order by e.occurred_at desc, e.id desc) filter (where e.type = 'opened' and e.device <> ''))[1]`,
  },
  { column: 'most_common_open_hour', untold: sql`s.most_common_open_hour`, of: mode(sql`extract(hour from e.local_at)`) },
  { column: 'most_common_open_weekday', untold: sql`s.most_common_open_weekday`, of: mode(sql`extract(isodow from e.local_at)`) },
  {
    column: 'opened_last_email', untold: sql`a.sent_campaign_at is null and coalesce(s.opened_last_email, false)`,
    of: sql`coalesce(bool_or(e.type = 'opened' and e.campaign_id = e.sent_campaign and e.occurred_at >= e.sent_campaign_at), false)`,
  },
];

/** The columns of the figures, in the order in which the statements above have them after tenant and contact. */
export const engagementColumns: readonly string[] = [...summed, ...told].map(({ column }) => column);

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

function listed(figures: readonly Figure[]): Sql {
  return sql.join(figures.map(({ column, of }) => sql`${of} as ${sql.ref(column)}`));
}

function count(type: string): Sql {
  return sql`(count(*) filter (where e.type = ${type}::text))::float8`;
}

function last(...types: readonly string[]): Sql {
  return sql`max(e.occurred_at) filter (where e.type in (${sql.join(types)}))`;
}

/** mode() takes the first of the most frequent in the given order: the smallest. */
function mode(value: Sql): Sql {
  return sql`(mode() within group (order by ${value}) filter (where e.type = 'opened'))::float8`;
}
