import type pg from 'pg';
import { engagementSql, sql, toText } from '#rules';

/** How many contacts' stored engagement figures are not what their events say. The client is the owner's, its time zone UTC. */
export async function engagementFaults(owner: pg.Client, tenantId: string): Promise<number> {
  const { sql: text, parameters } = toText(sql`
    with stored as (select * from contact_engagement where tenant_id = ${tenantId}::uuid),
    said as (${engagementSql(sql`select c.id from contact c where c.tenant_id = ${tenantId}::uuid`, tenantId, null)})
    select (select count(*) from (select * from stored except select * from said) as wrong)::int
      + (select count(*) from (select * from said except select * from stored) as missing)::int as faults`);
  const { rows: [row] } = await owner.query<{ faults: number }>(text, [...parameters]);
  return row?.faults ?? NaN;
}

/**
 * I2 and I4, by the eyes of the owner: members that the history replayed does not give; entries that do not alternate, beginning
 * with one that entered; entries that name neither a person or an import nor a refresh of their segment that succeeded; and
 * refreshes that told of fewer, each way, than the history has of them, so that the sum of what they told would not be the members.
 * An erasure takes entries along: only where nobody was erased must each refresh have told of exactly as many. (Refreshes that
 * moved nobody are deleted after a while; none of those is named.)
 */
export async function historyFaults(owner: pg.Client, tenantId: string, { nobodyErased = false } = {}): Promise<number> {
  const { rows: [row] } = await owner.query<{ faults: number }>(`
    with history as (
      select segment_id, contact_id, change, lag(change) over told as before, lead(change) over told is null as latest
      from membership_change where tenant_id = $1 window told as (partition by segment_id, contact_id order by seq)
    ),
    replayed as (select segment_id, contact_id from history where latest and change = 'entered'),
    members as (select segment_id, contact_id from segment_member where tenant_id = $1),
    refresh as (select id, segment_id, coalesce(added, 0) as added, coalesce(removed, 0) as removed from segment_refresh where tenant_id = $1 and status = 'succeeded'),
    named as (
      select refresh_id, segment_id, count(*) filter (where change = 'entered') as entered, count(*) filter (where change = 'exited') as exited
      from membership_change where tenant_id = $1 and refresh_id is not null group by refresh_id, segment_id
    )
    select ((select count(*) from history where change = coalesce(before, 'exited'))
      + (select count(*) from (select * from replayed except select * from members) missing)
      + (select count(*) from (select * from members except select * from replayed) untold)
      + (select count(*) from membership_change where tenant_id = $1 and (refresh_id is null) = (by is null))
      + (select count(*) from named n where not exists (select from refresh r where r.id = n.refresh_id and r.segment_id = n.segment_id))
      + (select count(*) from refresh r left join named n on n.refresh_id = r.id
        where coalesce(n.entered, 0) > r.added or coalesce(n.exited, 0) > r.removed
          or ($2 and (coalesce(n.entered, 0), coalesce(n.exited, 0)) <> (r.added, r.removed))))::int as faults`, [tenantId, nobodyErased]);
  return row?.faults ?? NaN;
}
