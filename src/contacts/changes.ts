import { sql, type Sql, type TenantTransaction } from '#database';

/** Notes, in the caller's transaction, that the contacts of the set have changed: the next refresh looks at them. */
export async function appendContactChanges(tx: TenantTransaction, contactIdsSql: Sql, at: Date): Promise<void> {
  await tx.write(sql`
    insert into contact_change (tenant_id, kind, contact_id, at)
    select ${tx.tenantId}::uuid, 'contact', named.id, ${at}::timestamptz from (${contactIdsSql}) as named (id)`);
}

/** Notes that one contact has changed, or is gone. */
export async function appendContactChange(tx: TenantTransaction, contactId: string, at: Date): Promise<void> {
  await appendContactChanges(tx, sql`select ${contactId}::uuid`, at);
}

/**
 * Notes that what a campaign's events are shown with has changed: a row for the set of contacts that have them, so that a
 * request never writes a million rows. `campaignId` as events carry it: an id or an external id.
 */
export async function appendCampaignChange(tx: TenantTransaction, campaignId: string, at: Date): Promise<void> {
  await tx.write(sql`
    insert into contact_change (tenant_id, kind, ref, at) values (${tx.tenantId}::uuid, 'campaign', ${campaignId}, ${at}::timestamptz)`);
}

/**
 * Notes that rules mean something else, whoever they are about: segments are stale until the next refresh, which finds those
 * whose rules do by their fingerprints. `ref` is the id of what has changed.
 */
export async function appendMeaningChange(tx: TenantTransaction, ref: string, at: Date): Promise<void> {
  await tx.write(sql`insert into contact_change (tenant_id, kind, ref, at) values (${tx.tenantId}::uuid, 'meaning', ${ref}, ${at}::timestamptz)`);
}
