import { sql, type Sql } from '#database';
import { countedTypes, measures } from '../measures.js';
import { beginOf, type DayRange, dayOf, endOf } from './local-days.sql.js';

export interface EventScope {
  readonly tenantId: string;
  readonly range: DayRange;
  /** Of these segments only; `null`: of all. */
  readonly segmentIds: readonly string[] | null;
  /** Of one person only. */
  readonly contactId?: string;
  /** Events after this moment have not happened yet. */
  readonly until?: Date;
}

const types = countedTypes.map(([type]) => type);

/**
 * A SELECT of `segment_id` (null: everyone), `day` and the measures. An event belongs to the segments that its contact was
 * in when it happened. An open or click is unique where it is the first of its contact and campaign that counts; one
 * without a campaign, where it is the first of the day.
 *
 * Reads contact_event_by_type for the days, membership_change_by_contact for the contacts found there, and for opens and
 * clicks contact_event_by_contact: what it reads grows with the days asked for, not with the whole history of events.
 */
export function eventDays(scope: EventScope): Sql {
  const { range: { zone } } = scope;
  return sql`
    with happened as materialized (${happened(scope)}),
    stay as materialized (${stays(scope, sql`select contact_id from happened`)}),
    counted as (
      select null::uuid as segment_id, h.* from happened h
      union all
      select s.segment_id, h.* from happened h join stay s on ${during(sql`h`)}
    ),
    first_of_campaign as (${firsts(scope)})
    select segment_id, day, ${sql.join(measures.map((measure) => sql`sum(${sql.ref(measure)}) as ${sql.ref(measure)}`))}
    from (
      select segment_id, day, ${sql.join(countedTypes.map(([type, measure]) => sql`count(*) filter (where type = ${type}) as ${sql.ref(measure)}`))},
        count(distinct contact_id) filter (where type = 'opened' and campaign_id is null) as unique_opens,
        count(distinct contact_id) filter (where type = 'clicked' and campaign_id is null) as unique_clicks,
        coalesce(sum(revenue), 0) as revenue
      from counted group by segment_id, day
      union all
      select segment_id, ${dayOf(sql`occurred_at`, zone)}, ${sql.join(countedTypes.map(() => sql`0`))},
        count(*) filter (where type = 'opened'), count(*) filter (where type = 'clicked'), 0
      from first_of_campaign group by 1, 2
    ) both_counts
    group by segment_id, day`;
}

function happened({ tenantId, range: { from, to, zone }, contactId, until }: EventScope): Sql {
  return sql`
    select e.contact_id, e.type, e.campaign_id, e.occurred_at, e.revenue, ${dayOf(sql`e.occurred_at`, zone)} as day
    from contact_event e
    where e.tenant_id = ${tenantId}::uuid and e.type = any(${types}::text[] collate "C")
      and e.occurred_at >= ${beginOf(from, zone)} and e.occurred_at < ${endOf(to, zone)}
      ${until === undefined ? sql`` : sql`and e.occurred_at <= ${until}::timestamptz`}
      ${contactId === undefined ? sql`` : sql`and e.contact_id = ${contactId}::uuid`}`;
}

/** From when to when contacts were members: history in the order of writing, each entry up to the change after it. */
export function stays({ tenantId, segmentIds }: Pick<EventScope, 'tenantId' | 'segmentIds'>, contacts: Sql): Sql {
  return sql`
    select segment_id, contact_id, at as entered_at, left_at from (
      select h.segment_id, h.contact_id, h.change, h.at, lead(h.at) over (partition by h.segment_id, h.contact_id order by h.seq) as left_at
      from membership_change h
      where h.tenant_id = ${tenantId}::uuid and h.contact_id in (${contacts})
        ${segmentIds === null ? sql`` : sql`and h.segment_id = any(${[...segmentIds]}::uuid[])`}
    ) changes where change = 'entered'`;
}

/** Whether the event of the alias happened during the stay `s`. */
export function during(event: Sql): Sql {
  return sql`s.contact_id = ${event}.contact_id and ${event}.occurred_at >= s.entered_at and (s.left_at is null or ${event}.occurred_at < s.left_at)`;
}

/** The first opens and clicks of a contact and a campaign that fall into the days: all earlier ones are looked at. */
function firsts({ tenantId, range: { from, to, zone }, until }: EventScope): Sql {
  return sql`
    with response as materialized (
      select e.contact_id, e.type, e.campaign_id, e.occurred_at from contact_event e
      where e.tenant_id = ${tenantId}::uuid and e.type in ('opened', 'clicked') and e.campaign_id is not null
        and e.contact_id in (select contact_id from happened where type in ('opened', 'clicked') and campaign_id is not null)
        and e.occurred_at < ${endOf(to, zone)} ${until === undefined ? sql`` : sql`and e.occurred_at <= ${until}::timestamptz`}
    )
    select segment_id, contact_id, type, campaign_id, min(occurred_at) as occurred_at
    from (
      select null::uuid as segment_id, e.* from response e
      union all
      select s.segment_id, e.* from response e join stay s on ${during(sql`e`)}
    ) responses
    group by segment_id, contact_id, type, campaign_id
    having min(occurred_at) >= ${beginOf(from, zone)}`;
}
