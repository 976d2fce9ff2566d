import { sql, type Sql } from '#database';

/** The column `segment_id` of an import that is read; null where the segment is gone. */
export function segmentOfImport(tenantId: string): Sql {
  return sql`(select s.id from segment s where s.tenant_id = ${tenantId}::uuid and s.id = import.segment_id) as segment_id`;
}
