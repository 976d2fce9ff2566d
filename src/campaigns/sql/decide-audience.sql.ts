import { sql, type Sql } from '#database';
import { placeSql } from '#rules';
import type { Audience, CapOrder, CampaignSettings, Step } from '../audience.js';
import { isCampaignId } from './campaign-id.sql.js';

/** The contacts of each source, as SELECTs of one column `contact_id`, each contact once. */
export interface SourcesSql {
  readonly include: readonly Sql[];
  readonly exclude: readonly Sql[];
  /** Of `settings.suppressedSegmentIds`, in their order. */
  readonly suppressed: readonly Sql[];
}

export interface Decision {
  readonly tenantId: string;
  readonly campaignId: string;
  readonly audience: Audience;
  readonly settings: CampaignSettings;
  readonly steps: readonly Step[];
  readonly sources: SourcesSql;
  readonly now: Date;
}

/** When a recipient is to be sent it: at once, or when this local time comes in the contact's own zone. */
export interface Sending {
  readonly at: Date;
  readonly local: string | null;
}

const dayMs = 24 * 3_600_000;

/** The waterfall's counts and the first contacts that are sent to, in one statement that writes nothing. */
export function countDecided(decision: Decision, sampleLimit: number): Sql {
  return sql`with ${decided(decision)} ${counts(decision, sampleLimit)}`;
}

/** The same, and the recipients are stored with the include that each is there by: those held out as such. */
export function freezeDecided(decision: Decision, sending: Sending): Sql {
  const { tenantId, campaignId, steps } = decision;
  const [tenant, campaign] = [placeOf(steps, 'tenant-holdout'), placeOf(steps, 'campaign-holdout')];
  const sendAt = sending.local === null ? sql`${sending.at}::timestamptz`
    : sql`greatest(${sending.at}::timestamptz, ${sending.local}::timestamp at time zone d.zone)`;
  return sql`with ${decided(decision)},
    frozen as (
      insert into campaign_recipient (tenant_id, campaign_id, contact_id, include, holdout, send_at)
      select ${tenantId}::uuid, ${campaignId}::uuid, d.contact_id, d.include,
        case d.step when ${tenant}::int then 'tenant' when ${campaign}::int then 'campaign' end, ${sendAt}
      from decided d where d.step is null or d.step in (${tenant}::int, ${campaign}::int)
      order by d.contact_id
    )
    ${counts(decision, 0)}`;
}

function counts({ sources, audience }: Decision, sampleLimit: number): Sql {
  const matches = sources.include.map((_, index) => sql`coalesce(sum(n) filter (where named & (1::bigint << ${index}::int) <> 0), 0)`);
  return sql`
    , tally as materialized (select include, step, named, count(*) as n from decided group by 1, 2, 3)
    select (select json_build_array(${sql.join(matches)}) from tally) as matches,
      (select json_object_agg(include, n) from (select include, sum(n) as n from tally group by include) by_include) as brings,
      (select json_object_agg(coalesce(step, -1), n) from (select step, sum(n) as n from tally group by step) by_step) as steps,
      ${sampleLimit === 0 ? sql`null::json` : sql`(select json_agg(contact_id) from (
        select contact_id from decided where step is null order by ${audience.cap === null ? sql`contact_id` : sql`position`} limit ${sampleLimit}) first)`} as sample`;
}

/**
 * `decided`: each contact of the includes with the first include that named it, all that did (a bit for each, of at most 50), and the
 * first step that took it; null: none did.
 *
 * Contacts are joined before they are grouped: of what is grouped the planner knows no number, and looked each of 96,000 up.
 */
function decided(decision: Decision): Sql {
  const { tenantId, campaignId, audience, settings, steps, sources } = decision;
  const held = (percent: number, salt: string, step: Step['step']): Sql => (percent === 0 ? sql`` : sql`
    when ${placeIn(salt)} < ${percent}::float8 then ${placeOf(steps, step)}::int`);
  const read = sql.join(['zone', 'lead_score', 'created_at', 'subscription_status', 'email_folded'].map((column) => sql.ref(`c.${column}`)));
  const position = audience.cap === null ? sql`null::bigint` : sql`row_number() over (partition by step is null order by ${orderBy(audience.cap.order, campaignId)}, contact_id)`;
  return sql`
    ${sql.join([...setsOf(decision)], sql`, `)},
    audience as (
      select c.id as contact_id, ${read}, min(n.include) as include, bit_or(1::bigint << n.include) as named
      from (
        ${sql.join(sources.include.map((_, index) => sql`select contact_id, ${index}::int as include from ${named('include', index)}`), sql` union all `)}
      ) as n
      join contact c on c.tenant_id = ${tenantId}::uuid and c.id = n.contact_id
      group by c.tenant_id, c.id
    ),
    judged as (
      select c.contact_id, c.include, c.named, c.zone, c.lead_score, c.created_at, case ${sql.join(verdicts(decision), sql` `)} end as step
      from audience c
      ${sql.join(joins(decision), sql` `)}
    ),
    ranked as (select j.*, ${position} as position from judged j),
    decided as materialized (
      select contact_id, include, named, zone, position, case
        when step is not null then step
        ${audience.cap === null ? sql`` : sql`when position > ${audience.cap.limit}::bigint then ${placeOf(steps, 'cap')}::int`}
        ${held(settings.holdoutPercent, tenantId, 'tenant-holdout')}
        ${held(audience.holdoutPercent, campaignId, 'campaign-holdout')}
      end as step
      from ranked
    )`;
}

/** The sets that the verdicts ask, each computed once. */
function* setsOf({ tenantId, campaignId, audience, sources, now }: Decision): Iterable<Sql> {
  for (const kind of ['include', 'exclude', 'suppressed'] as const) {
    for (const [index, members] of sources[kind].entries()) yield sql`${named(kind, index)} as materialized (${members})`;
  }
  if (audience.frequencyCap !== null) yield sql`reached as materialized (${reachedOften(tenantId, campaignId, audience.frequencyCap, now)})`;
}

function joins({ audience, sources }: Decision): Sql[] {
  const sets = (['exclude', 'suppressed'] as const).flatMap((kind) => sources[kind].map((_, index) =>
    sql`left join ${named(kind, index)} on ${column(kind, index)} = c.contact_id`));
  return [...sets, ...(audience.frequencyCap === null ? [] : [sql`left join reached on reached.contact_id = c.contact_id`])];
}

/** A branch of the CASE for each step that a contact's own row and the sets decide, in the order of the steps. */
function verdicts({ tenantId, steps }: Decision): Sql[] {
  let suppressed = -1;
  return steps.flatMap((step, place) => {
    const when = (condition: Sql): Sql[] => [sql`when ${condition} then ${place}::int`];
    switch (step.step) {
      case 'excluded': return when(sql`${column('exclude', step.index ?? 0)} is not null`);
      case 'suppressed-segment': {
        suppressed += 1;
        return when(sql`${column('suppressed', suppressed)} is not null`);
      }
      case 'unsubscribed': case 'bounced': case 'complained': return when(sql`c.subscription_status = ${step.step}`);
      case 'suppressed-address': return when(listed(tenantId, 'address', sql`c.email_folded`));
      case 'suppressed-domain': return when(listed(tenantId, 'domain', sql`substring(c.email_folded from '[^@]*$')`));
      case 'frequency-cap': return when(sql`reached.contact_id is not null`);
      case 'cap': case 'tenant-holdout': case 'campaign-holdout': return [];
    }
  });
}

/**
 * Whether the tenant's list has the value. Asked by contact through suppression_value: as a join, of a list that was written
 * since its last ANALYZE, each contact was compared with each entry (5,000 entries and 100,000 contacts: over 30 seconds).
 */
function listed(tenantId: string, kind: 'address' | 'domain', value: Sql): Sql {
  return sql`exists (select from suppression l where l.tenant_id = ${tenantId}::uuid and l.kind = ${kind} and l.value_hash = sha256(convert_to(${value}, 'UTF8')))`;
}

/**
 * Contacts that at least so many other campaigns reached since then: launched here (sends to come included), or seen by
 * `sent` events, whose campaign counts once however it is named. Reads campaign_recipient_sent and contact_event_by_type.
 */
function reachedOften(tenantId: string, campaignId: string, { campaigns, days }: { campaigns: number; days: number }, now: Date): Sql {
  const since = new Date(now.getTime() - days * dayMs);
  return sql`
    select contact_id from (
      select r.contact_id, r.campaign_id::text as campaign from campaign_recipient r
      where r.tenant_id = ${tenantId}::uuid and r.send_at > ${since}::timestamptz and r.holdout is null
      union
      select e.contact_id, coalesce(k.id::text, e.campaign_id) from contact_event e
      left join campaign k on k.tenant_id = ${tenantId}::uuid and k.external_id = e.campaign_id
        and not ${isCampaignId(tenantId, sql`e.campaign_id`)}
      where e.tenant_id = ${tenantId}::uuid and e.type = 'sent' and e.campaign_id is not null
        and e.occurred_at > ${since}::timestamptz and e.occurred_at <= ${now}::timestamptz
    ) as reach
    where campaign <> ${campaignId.toLowerCase()}
    group by contact_id having count(distinct campaign) >= ${campaigns}::int`;
}

function placeIn(salt: string): Sql {
  return placeSql(salt.toLowerCase(), sql`contact_id`);
}

function orderBy(order: CapOrder, campaignId: string): Sql {
  switch (order) {
    case 'leadScore': return sql`lead_score asc nulls last`;
    case '-leadScore': return sql`lead_score desc nulls last`;
    case 'createdAt': return sql`created_at asc`;
    case '-createdAt': return sql`created_at desc`;
    case 'random': return placeIn(`cap of ${campaignId}`);
  }
}

function placeOf(steps: readonly Step[], wanted: Step['step']): number {
  return steps.findIndex(({ step }) => step === wanted);
}

function named(kind: string, index: number): Sql {
  return sql.ref(`${kind}_${index}`);
}

function column(kind: string, index: number): Sql {
  return sql.ref(`${kind}_${index}.contact_id`);
}
