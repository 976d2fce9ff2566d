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
