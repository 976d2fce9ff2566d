import type { Sql, TenantTransaction } from '#database';
import { deleteEngagementWithoutEvents, upsertEngagement } from './sql/engagement.sql.js';

/**
 * Brings the engagement figures of these contacts to what all their events say. Recomputed and never adjusted, so that
 * the order in which events came makes no difference. `contactIdsSql` selects one column of ids; the caller holds the
 * locks of those contacts (`order by id for no key update`), or a writer beside it could leave older figures.
 */
export async function recomputeEngagement(tx: TenantTransaction, contactIdsSql: Sql): Promise<void> {
  await tx.write(upsertEngagement(tx.tenantId, contactIdsSql));
  await tx.write(deleteEngagementWithoutEvents(tx.tenantId, contactIdsSql));
}
