import { type Sql, sql } from '#database';

const counted = [
  ['sends', 'sent'], ['deliveries', 'delivered'], ['total_opens', 'opened'], ['total_clicks', 'clicked'], ['replies', 'replied'], ['conversions', 'converted'],
  ['bounces', 'bounced'], ['unsubscribes', 'unsubscribed'], ['complaints', 'complained'],
] as const;
const columns = (of: (name: Sql, type: string) => Sql): Sql => sql.join(counted.map(([name, type]) => of(sql.ref(name), type)));
/** Stands for all contacts. */
export const everyone = '00000000-0000-0000-0000-000000000000';
export const measureColumns = sql`${columns((name) => name)}, unique_opens, unique_clicks, revenue`;

/**
 * What the rollup stores of one UTC day, by hand: a row for each segment that had members or events, and one for everyone.
 * Sizes go on from the stored day before.
 */
export function dayByHand(tenantId: string, day: string): Sql {
  const [begin, end] = [sql`${`${day}T00:00:00Z`}::timestamptz`, sql`(${`${day}T00:00:00Z`}::timestamptz + interval '24 hours')`];
  const stayed = sql`s.entered_at <= ${begin} and s.left_at >= ${end}`;
  const whileMember = (event: string): Sql => sql`s.contact_id = ${sql.ref(event)}.contact_id
    and ${sql.ref(event)}.occurred_at >= s.entered_at and ${sql.ref(event)}.occurred_at < s.left_at`;
  return sql`
    with happened as materialized (
      select contact_id, type, campaign_id, occurred_at, revenue from contact_event
      where tenant_id = ${tenantId}::uuid and type = any(${counted.map(([, type]) => type)}::text[] collate "C")
        and occurred_at >= ${begin} and occurred_at < ${end}
    ),
    stay as materialized (
      select segment_id, contact_id, at as entered_at, left_at from (
        select segment_id, contact_id, change, at, coalesce(lead(at) over (partition by segment_id, contact_id order by seq), 'infinity') as left_at
        from membership_change where tenant_id = ${tenantId}::uuid and contact_id in (select contact_id from happened)
      ) c where change = 'entered'
    ),
    by_contact as materialized (
      select contact_id, ${columns((name, type) => sql`count(*) filter (where type = ${type}) as ${name}`)}, coalesce(sum(revenue), 0) as revenue
      from happened group by contact_id
    ),
    sums as (
      select ${everyone}::uuid as segment_id, ${columns((name) => sql`sum(${name}) as ${name}`)}, sum(revenue) as revenue from by_contact
      union all
      -- Who was a member all day adds what the contact did, counted once for all segments.
      select s.segment_id, ${columns((name) => sql`sum(c.${name})`)}, sum(c.revenue) from by_contact c join stay s using (contact_id) where ${stayed} group by 1
      union all
      select s.segment_id, ${columns((_, type) => sql`count(*) filter (where e.type = ${type})`)}, coalesce(sum(e.revenue), 0)
      from stay s join happened e on ${whileMember('e')} where not (${stayed}) group by 1
    ),
    response as materialized (
      select contact_id, type, campaign_id, occurred_at from happened where type in ('opened', 'clicked') and campaign_id is not null
    ),
    earlier as materialized (
      select e.contact_id, e.type, e.campaign_id, e.occurred_at from (select distinct contact_id, type, campaign_id from response) r
      join contact_event e on e.tenant_id = ${tenantId}::uuid and e.contact_id = r.contact_id and e.type = r.type and e.campaign_id = r.campaign_id and e.occurred_at < ${begin}
    ),
    uniques as (
      select segment_id, count(*) filter (where type = 'opened') as unique_opens, count(*) filter (where type = 'clicked') as unique_clicks from (
        select ${everyone}::uuid as segment_id, contact_id, type, campaign_id from response except select ${everyone}::uuid, contact_id, type, campaign_id from earlier
        union all (
          select s.segment_id, e.contact_id, e.type, e.campaign_id from response e join stay s on ${whileMember('e')}
          except select s.segment_id, e.contact_id, e.type, e.campaign_id from earlier e join stay s on ${whileMember('e')})
      ) first_response group by segment_id
    ),
    moved as (
      select segment_id, count(*) filter (where change = 'entered') as entered, count(*) filter (where change = 'exited') as exited from membership_change
      where tenant_id = ${tenantId}::uuid and at >= ${begin} and at < ${end} group by 1
    ),
    day_before as (select segment_id, size from segment_day where tenant_id = ${tenantId}::uuid and day = ${day}::date - 1 and part = 'living')
    select segment_id, coalesce(max(size), 0) + coalesce(max(entered), 0) - coalesce(max(exited), 0) as size, coalesce(max(entered), 0) as entered,
      coalesce(max(exited), 0) as exited, ${columns((name) => sql`coalesce(sum(${name}), 0) as ${name}`)},
      coalesce(max(unique_opens), 0) as unique_opens, coalesce(max(unique_clicks), 0) as unique_clicks, coalesce(sum(revenue), 0) as revenue
    from sums full join uniques using (segment_id) full join moved using (segment_id) full join day_before using (segment_id)
    group by segment_id`;
}

interface Campaign {
  readonly tenantId: string;
  readonly campaignId: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Reached by so many other campaigns since then: left out. */
  readonly campaigns: number;
  readonly since: Date;
  readonly now: Date;
  readonly holdoutPercent: number;
}

/** The recipients of a campaign, by hand, from the stored members of its segments: rows of campaign_recipient. */
export function recipientsByHand({ tenantId, campaignId, include, exclude, campaigns, since, now, holdoutPercent }: Campaign): Sql {
  const members = (ids: readonly string[]): Sql => sql`segment_member m where m.tenant_id = ${tenantId}::uuid and m.segment_id = any(${[...ids]}::uuid[])`;
  return sql`
    with audience as (
      select m.contact_id, min(array_position(${[...include]}::uuid[], m.segment_id)) - 1 as include from ${members(include)} group by 1
    ),
    left_out as (select m.contact_id from ${members(exclude)}),
    reached as (
      select contact_id from (
        select contact_id, campaign_id::text as campaign from campaign_recipient
        where tenant_id = ${tenantId}::uuid and send_at > ${since}::timestamptz and holdout is null and campaign_id <> ${campaignId}::uuid
        union
        select e.contact_id, coalesce(k.id::text, e.campaign_id) from contact_event e
        left join campaign k on k.tenant_id = ${tenantId}::uuid and k.external_id = e.campaign_id
        where e.tenant_id = ${tenantId}::uuid and e.type = 'sent' and e.campaign_id is not null and e.occurred_at > ${since}::timestamptz and e.occurred_at <= ${now}::timestamptz
      ) r group by 1 having count(*) >= ${campaigns}::int
    )
    select ${tenantId}::uuid, ${campaignId}::uuid, a.contact_id, a.include,
      case when ('x' || left(md5(${`${campaignId}:`}::text || a.contact_id::text), 8))::bit(32)::bigint * 100 / 4294967296::float8 < ${holdoutPercent}::float8 then 'campaign' end as holdout,
      ${now}::timestamptz
    from audience a
    join contact c on c.tenant_id = ${tenantId}::uuid and c.id = a.contact_id and c.subscription_status not in ('unsubscribed', 'bounced', 'complained')
    where a.contact_id not in (select contact_id from left_out) and a.contact_id not in (select contact_id from reached)
      and not exists (select from suppression s where s.tenant_id = ${tenantId}::uuid and s.kind = 'address' and s.value_hash = sha256(convert_to(c.email_folded, 'UTF8')))
      and not exists (select from suppression s where s.tenant_id = ${tenantId}::uuid and s.kind = 'domain'
        and s.value_hash = sha256(convert_to(substring(c.email_folded from '[^@]*$'), 'UTF8')))
    order by a.contact_id`;
}
