import { sql, type Sql } from '#database';

/** The segments whose rules name this one: of any status, or the active ones only. */
export function dependentsOf(tenantId: string, id: string, status: 'any' | 'active'): Sql {
  return sql`
    select 'segment' as kind, s.id, s.name
    from segment_link l join segment s on s.tenant_id = l.tenant_id and s.id = l.segment_id
    where l.tenant_id = ${tenantId}::uuid and s.tenant_id = ${tenantId}::uuid and l.target_id = ${id}::uuid
      ${status === 'active' ? sql`and s.status = 'active'` : sql``}
    order by s.name, s.id`;
}
