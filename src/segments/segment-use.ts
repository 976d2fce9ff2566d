import { sql, type TenantStatements } from '#database';

/** Use is known to the day: a segment whose members are read all day is written once. */
const graceMs = 86_400_000;

/** Notes that somebody asked for the members of these segments: what nobody asks for is found by the hygiene report. */
export async function noteUse(tx: TenantStatements, segmentIds: readonly string[], now: Date): Promise<void> {
  const lately = sql`${new Date(now.getTime() - graceMs)}::timestamptz`;
  // Looked for first: a conflict locks its row even where nothing is updated, and readers would wait for one another.
  await tx.write(sql`
    insert into segment_use as u (tenant_id, segment_id, used_at)
    select ${tx.tenantId}::uuid, s.id, ${now}::timestamptz from segment s
    where s.tenant_id = ${tx.tenantId}::uuid and s.id = any(${[...segmentIds]}::uuid[])
      and not exists (select from segment_use known where known.tenant_id = ${tx.tenantId}::uuid and known.segment_id = s.id and known.used_at >= ${lately})
    order by s.id
    on conflict (tenant_id, segment_id) do update set used_at = excluded.used_at where u.used_at < ${lately}`);
}
