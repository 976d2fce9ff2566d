import { sql, type Sql } from '#database';

/** The present members of one segment who are contacts still. Reads the primary keys of both tables. */
export function membersOfOne(tenantId: string, segmentId: string): Sql {
  return sql`
    select m.contact_id from segment_member m join contact k on k.tenant_id = ${tenantId}::uuid and k.id = m.contact_id
    where m.tenant_id = ${tenantId}::uuid and m.segment_id = ${segmentId}::uuid`;
}
