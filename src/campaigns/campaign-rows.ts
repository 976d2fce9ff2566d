import { Campaign, sql, type TenantTransaction } from '#database';
import { notFound } from '#kernel';
import type { CampaignSettings } from './audience.js';

/** The campaign; throws where the tenant has none of this id. */
export async function findCampaign(tx: TenantTransaction, id: string): Promise<Campaign> {
  const campaign = await tx.em.findOne(Campaign, { tenantId: tx.tenantId, id: id.toLowerCase() });
  if (campaign === null) throw notFound('campaign', id);
  return campaign;
}

/** The same, locked until the transaction ends: edits and launches of one campaign queue. */
export async function lockCampaign(tx: TenantTransaction, id: string): Promise<Campaign> {
  await tx.rows(sql`select from campaign where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid for update`);
  return await findCampaign(tx, id);
}

/** Whether nothing of it is decided yet, and the segments that it uses must stay. */
export function isUnfinished({ status }: Campaign): boolean {
  return status === 'draft' || status === 'scheduled';
}

/** A finished campaign needs its segments no longer. */
export async function letSegmentsGo(tx: TenantTransaction, id: string): Promise<void> {
  await tx.write(sql`delete from campaign_segment where tenant_id = ${tx.tenantId}::uuid and campaign_id = ${id}::uuid`);
}

/** What holds for every campaign of the tenant. */
export async function readSettings(tx: TenantTransaction): Promise<CampaignSettings> {
  const row = await tx.row<{ holdout_percent: number | null; segments: string[] }>(sql`
    select (select holdout_percent from campaign_settings where tenant_id = ${tx.tenantId}::uuid) as holdout_percent,
      array(select segment_id from suppressed_segment where tenant_id = ${tx.tenantId}::uuid order by segment_id) as segments`);
  return { holdoutPercent: row?.holdout_percent ?? 0, suppressedSegmentIds: row?.segments ?? [] };
}
