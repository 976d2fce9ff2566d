import type { TenantTransaction } from '#database';
import { deleteEngagement, insertEngagement, joinAsPlanned, joinByHash } from './sql/engagement.sql.js';

/**
 * Brings the engagement figures of these contacts to what all their events say. Recomputed and never adjusted, so that
 * the order in which events came makes no difference. The caller holds the locks of the contacts (`order by id for no
 * key update`), or a writer beside it could leave older figures.
 */
export async function recomputeEngagement(tx: TenantTransaction, contactIds: readonly string[]): Promise<void> {
  await tx.write(deleteEngagement(tx.tenantId, contactIds));
  await tx.rows(joinByHash());
  await tx.write(insertEngagement(tx.tenantId, contactIds));
  await tx.rows(joinAsPlanned());
}
