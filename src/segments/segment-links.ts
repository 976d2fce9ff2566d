import { sql, type TenantTransaction } from '#database';
import type { CheckedRule } from '../rules-engine/index.js';

/** Keeps what the rules name: foreign keys that refuse its deletion. */
export async function keepLinks(tx: TenantTransaction, id: string, { dependencies }: CheckedRule): Promise<void> {
  const kept = [
    { table: sql.table('segment_link'), column: sql.ref('target_id'), ids: dependencies.segments },
    { table: sql.table('segment_custom_field'), column: sql.ref('custom_field_id'), ids: dependencies.customFields },
    { table: sql.table('segment_event_type'), column: sql.ref('event_type_id'), ids: dependencies.eventTypes },
  ];
  for (const { table, column, ids } of kept) {
    await tx.write(sql`delete from ${table} where tenant_id = ${tx.tenantId}::uuid and segment_id = ${id}::uuid`);
    if (ids.length === 0) continue;
    await tx.write(sql`insert into ${table} (tenant_id, segment_id, ${column})
      select ${tx.tenantId}::uuid, ${id}::uuid, named from unnest(${[...ids]}::uuid[]) as named`);
  }
}

/** Whether the rules of another segment name it. */
export async function isReferredTo(tx: TenantTransaction, id: string): Promise<boolean> {
  return await tx.row(sql`select from segment_link where tenant_id = ${tx.tenantId}::uuid and target_id = ${id}::uuid limit 1`) !== undefined;
}
