import { Segment, sql, type TenantTransaction } from '#database';
import { segmentNotFound } from './segments.problems.js';

/** The segment; throws where the tenant has none of this id. */
export async function findSegment(tx: TenantTransaction, id: string): Promise<Segment> {
  const segment = await tx.em.findOne(Segment, { tenantId: tx.tenantId, id: id.toLowerCase() });
  if (segment === null) throw segmentNotFound(id);
  return segment;
}

/** The same, locked against other edits until the transaction ends: edits of one segment queue. */
export async function lockSegment(tx: TenantTransaction, id: string): Promise<Segment> {
  await tx.rows(sql`select from segment where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid for no key update`);
  return await findSegment(tx, id);
}
