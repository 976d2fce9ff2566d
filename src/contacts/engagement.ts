import type { Sql, TenantTransaction } from '#database';
import type { EventOfContact } from './sql/append-events.sql.js';
import { addToEngagement, deleteEngagement, insertEngagement, joinAsPlanned, joinByHash } from './sql/engagement.sql.js';

/**
 * Brings the engagement figures of these contacts to what all their events say. The caller holds the locks of the contacts
 * (`order by id for no key update`), or a writer beside it could leave older figures.
 */
export async function recomputeEngagement(tx: TenantTransaction, contactIds: readonly string[]): Promise<void> {
  await tx.write(deleteEngagement(tx.tenantId, contactIds));
  await writeByHash(tx, insertEngagement(tx.tenantId, contactIds));
}

/**
 * The same where nothing has happened but that these events were stored: the figures come out as if recomputed, whatever
 * order events came in. The caller holds the same locks, since before it stored them.
 */
export async function adjustEngagement(tx: TenantTransaction, contactIds: readonly string[], events: readonly EventOfContact[]): Promise<void> {
  await writeByHash(tx, addToEngagement(tx.tenantId, contactIds, events));
}

async function writeByHash(tx: TenantTransaction, statement: Sql): Promise<void> {
  await tx.rows(joinByHash());
  await tx.write(statement);
  await tx.rows(joinAsPlanned());
}
