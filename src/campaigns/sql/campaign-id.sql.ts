import { sql, type Sql } from '#database';

/** Whether some campaign has this as its id: what an event carries then means that one, whichever has it as its external id. */
export function isCampaignId(tenantId: string, text: Sql): Sql {
  return sql`exists (select from campaign w where w.tenant_id = ${tenantId}::uuid and w.id::text = ${text})`;
}
