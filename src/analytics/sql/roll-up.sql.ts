import { sql, type Sql } from '#database';
import { measures } from '../measures.js';
import { eventDays } from './event-days.sql.js';
import { type DayRange, dayOf } from './local-days.sql.js';
import { sizeDays } from './size-days.sql.js';

const columns = sql.join(measures.map((measure) => sql.ref(measure)));
const zeroed = sql.join(measures.map((measure) => sql`coalesce(e.${sql.ref(measure)}, 0)`));

/**
 * One worker or erasure of a tenant at a time, until the transaction ends. A statement of its own: those after it have
 * snapshots that are younger than the lock.
 */
export function lockRollup(tenantId: string): Sql {
  return sql`select pg_advisory_xact_lock(hashtextextended(${`analytics ${tenantId}`}, 0))`;
}

/** Rolls days up for everyone and all segments, over whatever was there. The caller holds the lock. */
export function rollUp(tenantId: string, range: DayRange, dayBeforeIsRolled: boolean): readonly Sql[] {
  const scope = { tenantId, range, segmentIds: null };
  const inRange = sql`tenant_id = ${tenantId}::uuid and day between ${range.from}::date and ${range.to}::date and part = 'living'`;
  return [
    sql`delete from segment_day where ${inRange}`,
    sql`delete from tenant_day where ${inRange}`,
    // A segment that is deleted meanwhile is gone here too.
    sql`
      with event_day as materialized (${eventDays(scope)}), size_day as materialized (${sizeDays({ ...scope, dayBeforeIsRolled })}),
      everyone as (
        insert into tenant_day (tenant_id, day, part, ${columns})
        select ${tenantId}::uuid, d.day::date, 'living', ${zeroed}
        from generate_series(${range.from}::date, ${range.to}::date, interval '1 day') d (day)
        left join event_day e on e.segment_id is null and e.day = d.day::date
      )
      insert into segment_day (tenant_id, segment_id, day, part, size, entered, exited, ${columns})
      select ${tenantId}::uuid, segment_id, day, 'living', coalesce(s.size, 0), coalesce(s.entered, 0), coalesce(s.exited, 0), ${zeroed}
      from size_day s full join (select * from event_day where segment_id is not null) e using (segment_id, day)
      where exists (select from segment g where g.tenant_id = ${tenantId}::uuid and g.id = segment_id)
        and (s.size > 0 or s.entered > 0 or s.exited > 0 or e.segment_id is not null)`,
  ];
}

/**
 * A SELECT of the days that late events touch: their own, and those of later opens or clicks of the same contact and
 * campaign, one of which may have been the first.
 */
export function lateDays(tenantId: string, late: Sql, zone: string): Sql {
  return sql`
    select ${dayOf(sql`l.occurred_at`, zone)} as day from (${late}) l
    union
    select ${dayOf(sql`e.occurred_at`, zone)} from (${late}) l
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

/** Takes late events off the log and the mark off the days that they touch; whoever reads these counts them anew. */
export function reopenLateDays(tenantId: string, zone: string, contactId?: string): Sql {
  return sql`
    with taken as materialized (${lateEvents(tenantId, contactId)}),
    gone as (delete from late_event l using taken t where l.tenant_id = ${tenantId}::uuid and l.seq = t.seq)
    delete from tenant_day where tenant_id = ${tenantId}::uuid and part = 'living' and day in (${lateDays(tenantId, sql`select * from taken`, zone)})`;
}

/** Takes the mark off days. */
export function reopenDays(tenantId: string, from: string, to: string): Sql {
  return sql`delete from tenant_day where tenant_id = ${tenantId}::uuid and part = 'living' and day between ${from}::date and ${to}::date`;
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
    with theirs as materialized (${eventDays({ tenantId, range, segmentIds: null, contactId })}),
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
