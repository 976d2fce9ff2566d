import { sql, type Sql } from '#database';
import { countedTypes, measures } from '../measures.js';
import { dayOf } from './local-days.sql.js';
import type { Stretch } from './stretch.sql.js';

export interface EventScope {
  readonly tenantId: string;
  readonly stretch: Stretch;
  /** Of these segments only; `null`: of all. */
  readonly segmentIds: readonly string[] | null;
  /** Of one person only. */
  readonly contactId?: string;
  /** Events after this moment have not happened yet. */
  readonly until?: Date;
}

const types = countedTypes.map(([type]) => type);

/**
 * A SELECT of `segment_id` (null: everyone), `day`, `part` and the measures. An event belongs to the segments that its contact was
 * in when it happened. An open or click is unique where it is the first of its contact and campaign that counts; one
 * without a campaign, where it is the first of the day.
 *
 * What a contact did in a day is summed once, and added to each segment that it was in all the while; event by event go only
 * those who came or left in between. With 100 segments a contact is in a dozen of them.
 *
 * Reads contact_event_by_type for the days, for the contacts found there their memberships, and for opens and clicks
 * contact_event_by_contact: what it reads grows with the days asked for, not with the whole history of events.
 */
export function eventDays(scope: EventScope): Sql {
  const { stretch: { zone, partOf } } = scope;
  const list = (of: (measure: Sql, type: string) => Sql): Sql => sql.join(countedTypes.map(([type, measure]) => of(sql.ref(measure), type)));
  const allTheWhile = sql`s.contact_id = d.contact_id and d.first_at >= s.entered_at and (s.left_at is null or d.last_at < s.left_at)`;
  return sql`
    with happened as materialized (${happened(scope)}),
    did as materialized (
      select contact_id, day, part, min(occurred_at) as first_at, max(occurred_at) as last_at,
        ${list((measure, type) => sql`(count(*) filter (where type = ${type}))::int as ${measure}`)}, sum(revenue) as revenue
      from happened group by contact_id, day, part
    ),
    stay as materialized (${staysIn({ ...scope, since: scope.stretch.begin }, sql`select contact_id from did`)}),
    first_response as (${firsts(scope)})
    select segment_id, day, part, ${sql.join(measures.map((measure) => sql`coalesce(sum(${sql.ref(measure)}), 0) as ${sql.ref(measure)}`))}
    from (
      select null::uuid as segment_id, day, part, ${summed(sql`d`)}, 0 as unique_opens, 0 as unique_clicks from did d group by day, part
      union all
      select s.segment_id, d.day, d.part, ${summed(sql`d`)}, 0, 0 from did d join stay s on ${allTheWhile} group by 1, 2, 3
      union all
      select s.segment_id, d.day, d.part, ${list((_, type) => sql`count(*) filter (where h.type = ${type})`)}, sum(h.revenue), 0, 0
      from did d
      join stay s on s.contact_id = d.contact_id and not (${allTheWhile}) and s.entered_at <= d.last_at and (s.left_at is null or s.left_at > d.first_at)
      join happened h on h.contact_id = d.contact_id and h.day = d.day and h.part = d.part and ${during(sql`h`)}
      group by 1, 2, 3
      union all
      select segment_id, ${dayOf(sql`occurred_at`, zone)}, ${partOf(sql`occurred_at`)}, ${sql.join(countedTypes.map(() => sql`0`))}, 0,
        count(*) filter (where type = 'opened'), count(*) filter (where type = 'clicked')
      from first_response group by 1, 2, 3
    ) both_counts
    group by segment_id, day, part`;
}

/** Of `did`; a sum of integers is no numeric. */
function summed(did: Sql): Sql {
  return sql.join([...countedTypes.map(([, measure]) => measure), 'revenue'].map((name) => sql`sum(${did}.${sql.ref(name)}) as ${sql.ref(name)}`));
}

function happened({ tenantId, stretch: { zone, begin, end, partOf }, contactId, until }: EventScope): Sql {
  return sql`
    select e.contact_id, e.type, e.campaign_id, e.occurred_at, e.revenue, ${dayOf(sql`e.occurred_at`, zone)} as day, ${partOf(sql`e.occurred_at`)} as part
    from contact_event e
    where e.tenant_id = ${tenantId}::uuid and e.type = any(${types}::text[] collate "C")
      and e.occurred_at >= ${begin} and e.occurred_at < ${end}
      ${until === undefined ? sql`` : sql`and e.occurred_at <= ${until}::timestamptz`}
      ${contactId === undefined ? sql`` : sql`and e.contact_id = ${contactId}::uuid`}`;
}

/** From when to when contacts were members: history in the order of writing, each entry up to the change after it. */
function stays({ tenantId, segmentIds }: Pick<EventScope, 'tenantId' | 'segmentIds'>, contacts: Sql): Sql {
  return sql`
    select segment_id, contact_id, at as entered_at, left_at from (
      select h.segment_id, h.contact_id, h.change, h.at, lead(h.at) over (partition by h.segment_id, h.contact_id order by h.seq) as left_at
      from membership_change h
      where h.tenant_id = ${tenantId}::uuid and h.contact_id in (${contacts})
        ${segmentIds === null ? sql`` : sql`and h.segment_id = any(${[...segmentIds]}::uuid[])`}
    ) changes where change = 'entered'`;
}

/**
 * The same as far as it matters since a moment: who has not changed since is what they are now, since when does not
 * matter. Of named segments membership_change_by_time tells from where on to read membership_change_by_segment: all that was written
 * since the first change after that moment, so that one dated back by the clock is in its place. Looking each of a day's 1,600 contacts up in
 * membership_change_by_contact went past their changes in all of 100 segments: 35 ms, and 400 ms where these had not been read lately.
 * `offset 0`: for a minimum alone the planner walks the log from its beginning, 180 ms.
 */
export function staysIn(scope: Pick<EventScope, 'tenantId' | 'segmentIds'> & { readonly since: Sql }, contacts: Sql): Sql {
  const { tenantId, segmentIds, since } = scope;
  if (segmentIds === null) return stays(scope, contacts);
  const named = (alias: string): Sql => sql`${sql.ref(alias)}.tenant_id = ${tenantId}::uuid and ${sql.ref(alias)}.segment_id = any(${[...segmentIds]}::uuid[])`;
  return sql`
    with recent as materialized (
      select h.segment_id, h.contact_id, h.change, h.at, lead(h.at) over of_contact as left_at, row_number() over of_contact as place
      from membership_change h
      where ${named('h')} and h.seq >= (
        select min(seq) from (
          select b.seq from membership_change b where b.tenant_id = ${tenantId}::uuid and b.at >= ${since} offset 0) since)
      window of_contact as (partition by h.segment_id, h.contact_id order by h.seq)
    )
    select m.segment_id, m.contact_id, '-infinity'::timestamptz as entered_at, null::timestamptz as left_at from segment_member m
    where ${named('m')} and m.contact_id in (${contacts})
      and not exists (select from recent r where r.segment_id = m.segment_id and r.contact_id = m.contact_id)
    union all
    select segment_id, contact_id, case change when 'exited' then '-infinity' else at end, case change when 'exited' then at else left_at end
    from recent where change = 'entered' or place = 1`;
}

/** Whether the event of the alias happened during the stay `s`. */
export function during(event: Sql): Sql {
  return sql`s.contact_id = ${event}.contact_id and ${event}.occurred_at >= s.entered_at and (s.left_at is null or ${event}.occurred_at < s.left_at)`;
}

/**
 * The first opens and clicks that fall into the stretch, of a contact and a campaign, or of a contact and a day where they name none: all
 * earlier ones are looked at, and of who has such the whole history of membership.
 */
function firsts({ tenantId, segmentIds, stretch: { zone, begin, end }, until }: EventScope): Sql {
  const responded = sql`select distinct contact_id, type, campaign_id from happened where type in ('opened', 'clicked')`;
  const ofThem = sql`e.tenant_id = ${tenantId}::uuid and e.contact_id = h.contact_id and e.type = h.type`;
  const earlier = segmentIds === null ? sql`` : sql`
      union all
      select s.segment_id, e.* from response e join (${stays({ tenantId, segmentIds }, sql`select contact_id from response where occurred_at < ${begin}`)}) s on ${during(sql`e`)}
      where e.occurred_at < ${begin}`;
  return sql`
    with response as materialized (
      select e.contact_id, e.type, e.campaign_id, e.occurred_at
      from (${responded} and campaign_id is not null) h
      join contact_event e on ${ofThem} and e.campaign_id = h.campaign_id
        and e.occurred_at < ${end} ${until === undefined ? sql`` : sql`and e.occurred_at <= ${until}::timestamptz`}
      union all
      select contact_id, type, campaign_id, occurred_at from happened where type in ('opened', 'clicked') and campaign_id is null
      union all
      select e.contact_id, e.type, e.campaign_id, e.occurred_at
      from (${responded} and campaign_id is null) h
      join contact_event e on ${ofThem} and e.campaign_id is null
        and e.occurred_at >= (${dayOf(begin, zone)}::timestamp at time zone ${zone}::text) and e.occurred_at < ${begin}
    )
    select segment_id, contact_id, type, campaign_id, min(occurred_at) as occurred_at
    from (
      select null::uuid as segment_id, e.* from response e
      union all
      select s.segment_id, e.* from response e join stay s on ${during(sql`e`)} ${segmentIds === null ? sql`` : sql`where e.occurred_at >= ${begin}`}
      ${earlier}
    ) responses
    group by segment_id, contact_id, type, campaign_id, case when campaign_id is null then ${dayOf(sql`occurred_at`, zone)} end
    having min(occurred_at) >= ${begin}`;
}
