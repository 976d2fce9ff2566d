import { instantOrNull, sql, type TenantStatements } from '#database';
import type { Clock } from '#kernel';
import type { Config } from '../config.js';

/** The clocks of two workers are less than this apart; one that was set back by more is followed. */
const skewMs = 60_000;

/**
 * The moment that a refresh brings members to: the clock's, or where the tenant's segments stand already if that is a
 * little later, since another worker's clock was ahead. So neither members nor history go back from one worker to the
 * next. A clock that is set by hand is followed wherever it goes.
 */
export async function refreshMoment(tx: TenantStatements, clock: Clock, config: Config): Promise<Date> {
  const now = clock.now();
  if (config.clock === 'manual') return now;
  const ahead = await tx.row<{ as_of: string | null }>(sql`
    select max(as_of) as as_of from segment_state where tenant_id = ${tx.tenantId}::uuid
      and as_of > ${now}::timestamptz and as_of < ${new Date(now.getTime() + skewMs)}::timestamptz`);
  return instantOrNull(ahead?.as_of ?? null) ?? now;
}
