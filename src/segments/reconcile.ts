import type { TenantStatements } from '#database';
import { keepSegments, type Reconciled, type Reconciliation, writeDifferences } from './sql/reconcile.sql.js';

/**
 * Makes members of whoever should be one, and of nobody else; an answer for each segment. Segments, members, counts is the order of
 * all who write to several of them, and the one in which a deletion goes that cascades from the segment: the keys of what is
 * inserted would take the segments after the members, and of two that wait crosswise one is refused.
 */
export async function reconcile(tx: TenantStatements, reconciliation: Omit<Reconciliation, 'tenantId'>): Promise<Reconciled[]> {
  const { tenantId } = tx;
  await tx.rows(keepSegments(tenantId, reconciliation.segments.map(({ segmentId }) => segmentId)));
  return await tx.rows<Reconciled>(writeDifferences({ tenantId, ...reconciliation }));
}
