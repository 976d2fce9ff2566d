import { sql, type Sql } from '#database';
import { measures } from '../measures.js';
import { eventDays } from './event-days.sql.js';
import { beginOf, type DayRange, dayOf } from './local-days.sql.js';
import { sizeDays } from './size-days.sql.js';
import { halfHourMs, halfHourOf, halfHourParts, type Stretch, wholeDays } from './stretch.sql.js';

const columns = sql.join(measures.map((measure) => sql.ref(measure)));
const zeroed = sql.join(measures.map((measure) => sql`coalesce(e.${sql.ref(measure)}, 0)`));

/**
 * One worker or erasure of a tenant at a time, until the transaction ends. A statement of its own: those after it have
 * snapshots that are younger than the lock.
 */
export function lockRollup(tenantId: string): Sql {
  return sql`select pg_advisory_xact_lock(hashtextextended(${`analytics ${tenantId}`}, 0))`;
}

/**
 * Rolls the parts of a stretch up for everyone and all segments, over whatever was there: whole days over their half hours, too. The
 * caller holds the lock.
 */
export function rollUp(tenantId: string, stretch: Stretch, dayBeforeIsRolled: boolean): readonly Sql[] {
  const scope = { tenantId, stretch, segmentIds: null };
  const there = sql`(day, part) in (${stretch.parts})`;
  const halves = sql`day between ${stretch.from}::date and ${stretch.to}::date and ${halfHourParts}`;
  const old = sql`tenant_id = ${tenantId}::uuid and (${stretch.endsDays ? sql`${there} or ${halves}` : there})`;
  return [
    sql`delete from segment_day where ${old}`,
    sql`delete from tenant_day where ${old}`,
    // A segment that is deleted meanwhile is gone here too.
    sql`
      with event_day as materialized (${eventDays(scope)}), size_day as materialized (${sizeDays({ ...scope, dayBeforeIsRolled })}),
      everyone as (
        insert into tenant_day (tenant_id, day, part, ${columns})
        select ${tenantId}::uuid, p.day, p.part, ${zeroed}
        from (${stretch.parts}) p left join event_day e on e.segment_id is null and e.day = p.day and e.part = p.part
      )
      insert into segment_day (tenant_id, segment_id, day, part, size, entered, exited, ${columns})
      select ${tenantId}::uuid, segment_id, day, part, coalesce(s.size, 0), coalesce(s.entered, 0), coalesce(s.exited, 0), ${zeroed}
      from size_day s full join (select * from event_day where segment_id is not null) e using (segment_id, day, part)
      where exists (select from segment g where g.tenant_id = ${tenantId}::uuid and g.id = segment_id)
        and (s.size > 0 or s.entered > 0 or s.exited > 0 or e.segment_id is not null)`,
  ];
}

/**
 * A SELECT of the moments, as `at`, whose days late events touch: their own, and those of later opens or clicks of the same contact and
 * campaign, one of which may have been the first. Of those without a campaign the first of a day counts, so that the day is touched anyway.
 */
export function lateMoments(tenantId: string, late: Sql): Sql {
  return sql`
    select l.occurred_at as at from (${late}) l
    union
    select e.occurred_at from (${late}) l
    join contact_event e on e.tenant_id = ${tenantId}::uuid and e.contact_id = l.contact_id and e.type = l.type
      and e.occurred_at > l.occurred_at and e.campaign_id = l.campaign_id
    where l.type in ('opened', 'clicked')`;
}

/** The late events of the tenant, or of one person. */
export function lateEvents(tenantId: string, contactId?: string): Sql {
  return sql`
    select seq, contact_id, type, campaign_id, occurred_at from late_event
    where tenant_id = ${tenantId}::uuid ${contactId === undefined ? sql`` : sql`and contact_id = ${contactId}::uuid`}`;
}

/**
 * Takes late events off the log and the mark off the days that they touch, and off the half hours from the first of theirs on; whoever
 * reads these counts them anew.
 */
export function reopenLateDays(tenantId: string, zone: string, contactId?: string): Sql {
  return sql`
    with taken as materialized (${lateEvents(tenantId, contactId)}),
    gone as (delete from late_event l using taken t where l.tenant_id = ${tenantId}::uuid and l.seq = t.seq),
    touched as (
      select ${dayOf(sql`m.at`, zone)} as day, min(${halfHourOf(sql`m.at`, zone)}) as half_hour from (${lateMoments(tenantId, sql`select * from taken`)}) m group by 1
    )
    delete from tenant_day d using touched t where d.tenant_id = ${tenantId}::uuid and d.day = t.day
      and (d.part = 'living' or ${halfHourParts} and d.part >= t.half_hour)`;
}

/** Takes the mark off days, and off their half hours. */
export function reopenDays(tenantId: string, from: string, to: string): Sql {
  return sql`delete from tenant_day where tenant_id = ${tenantId}::uuid and part <> 'erased' and day between ${from}::date and ${to}::date`;
}

/** Takes the marks off all half hours. */
export function reopenHalfHours(tenantId: string): Sql {
  return sql`delete from tenant_day where tenant_id = ${tenantId}::uuid and ${halfHourParts}`;
}

/**
 * How many half hours of a day are settled: over for a while, so that most of what comes late has come, and past for every segment.
 * What a running refresh writes is dated back to its begin, and what the next one of a segment writes, not before the last.
 */
export function settledHalfHours(tenantId: string, day: string, zone: string, until: Date): Sql {
  return sql`
    select greatest(0, floor(extract(epoch from least(
      ${until}::timestamptz,
      (select min(st.as_of) from segment_state st join segment s on s.tenant_id = ${tenantId}::uuid and s.id = st.segment_id and s.type = 'dynamic' and s.status = 'active'
        where st.tenant_id = ${tenantId}::uuid and st.owed = 'nothing'),
      (select min(r.started_at) from segment_refresh r where r.tenant_id = ${tenantId}::uuid and r.status = 'running')
    ) - ${beginOf(day, zone)}) / ${halfHourMs / 1000}::int))::int as settled`;
}

/**
 * Moves what a person adds to the days to the part that erasures leave alone: sums stay, and know nobody. The caller
 * holds the lock, and has reopened the days of the person's late events.
 */
export function keepErased(tenantId: string, contactId: string, range: DayRange): Sql {
  const names = measures.map((measure) => sql.ref(measure));
  const less = (alias: string): Sql => sql.join(names.map((name) => sql`${name} = ${sql.ref(alias)}.${name} - c.${name}`));
  const more = (alias: string): Sql => sql.join(names.map((name) => sql`${name} = ${sql.ref(alias)}.${name} + excluded.${name}`));
  return sql`
    with theirs as materialized (${eventDays({ tenantId, stretch: wholeDays(range), segmentIds: null, contactId })}),
    less_of_everyone as (
      update tenant_day t set ${less('t')} from theirs c
      where t.tenant_id = ${tenantId}::uuid and t.day = c.day and t.part = 'living' and c.segment_id is null
    ),
    less_of_segments as (
      update segment_day s set ${less('s')} from theirs c
      where s.tenant_id = ${tenantId}::uuid and s.segment_id = c.segment_id and s.day = c.day and s.part = 'living'
    ),
    kept_of_everyone as (
      insert into tenant_day (tenant_id, day, part, ${columns})
      select ${tenantId}::uuid, day, 'erased', ${columns} from theirs where segment_id is null
      on conflict (tenant_id, day, part) do update set ${more('tenant_day')}
    )
    insert into segment_day (tenant_id, segment_id, day, part, ${columns})
    select ${tenantId}::uuid, c.segment_id, c.day, 'erased', ${sql.join(names.map((name) => sql`c.${name}`))} from theirs c
    where exists (select from segment g where g.tenant_id = ${tenantId}::uuid and g.id = c.segment_id)
    on conflict (tenant_id, segment_id, day, part) do update set ${more('segment_day')}`;
}
