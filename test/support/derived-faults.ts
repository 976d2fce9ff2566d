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

/** Members that the history replayed does not give, and entries that do not alternate, beginning with one that entered. */
export async function historyFaults(owner: pg.Client, tenantId: string): Promise<number> {
  const { rows: [row] } = await owner.query<{ faults: number }>(`
    with history as (
      select segment_id, contact_id, change, lag(change) over told as before, lead(change) over told is null as latest
      from membership_change where tenant_id = $1 window told as (partition by segment_id, contact_id order by seq)
    ),
    replayed as (select segment_id, contact_id from history where latest and change = 'entered'),
    members as (select segment_id, contact_id from segment_member where tenant_id = $1)
    select ((select count(*) from history where change = coalesce(before, 'exited'))
      + (select count(*) from (select * from replayed except select * from members) missing)
      + (select count(*) from (select * from members except select * from replayed) untold))::int as faults`, [tenantId]);
  return row?.faults ?? NaN;
}
