import { sql, type TenantStatements } from '#database';
import type { Claim } from './refresh-outcome.js';

/** Why a refresh looked at everybody. */
export const refreshCauses = ['first_fill', 'rules_changed', 'requested', 'unfinished_before', 'many_candidates', 'inactive_before'] as const;
export type RefreshCause = (typeof refreshCauses)[number];

/**
 * Notes why these refreshes, which are about to begin, are full: one was asked for; the last one that had begun came to no
 * good end; or why their segments owe one. What was made since the cycle looked has not been filled yet.
 */
export async function noteCauses(tx: TenantStatements, claims: readonly Claim[]): Promise<void> {
  await tx.write(sql`
    update segment_refresh r set cause = case
      when r.mode = 'full' and st.as_of is not null then 'requested'
      when (select p.status from segment_refresh p where p.tenant_id = ${tx.tenantId}::uuid and p.segment_id = r.segment_id and p.id <> r.id and p.started_at is not null
        order by p.id desc limit 1) in ('failed', 'cancelled') then 'unfinished_before'
      else coalesce(st.owed_because, 'first_fill') end
    from segment_state st
    where r.tenant_id = ${tx.tenantId}::uuid and r.id = any(${claims.map(({ id }) => id)}::uuid[])
      and st.tenant_id = ${tx.tenantId}::uuid and st.segment_id = r.segment_id`);
}
