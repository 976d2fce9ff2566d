import { sql, type TenantTransaction } from '#database';
import type { AnalyticsState } from './analytics-state.js';
import { dayOf } from './sql/local-days.sql.js';
import { lateEvents, lateMoments } from './sql/roll-up.sql.js';
import { halfHourOf, halfHourParts, nameOf } from './sql/stretch.sql.js';

/** How far today is rolled up. */
export interface RolledToday {
  /** How many half hours, from its begin on without a gap, are rolled up, over, and not changed since. */
  readonly halfHours: number;
  /** The number of the half hour that is not over. */
  readonly present: number;
}

/** `changed` as `changedMembersFrom` tells it: where a day that is closed has changed, no half hour of today counts. */
export async function rolledHalfHours(tx: TenantTransaction, { zone, today }: AnalyticsState, now: Date, changed: string | null): Promise<RolledToday> {
  const present = halfHourOf(sql`${now}::timestamptz`, zone);
  const row = await tx.row<{ parts: string[] | null; present: string }>(sql`
    select ${present} as present, (
      select array_agg(part order by part) from tenant_day
      where tenant_id = ${tx.tenantId}::uuid and day = ${today}::date and ${halfHourParts} and part < ${present}
        and part < coalesce((
          select min(${halfHourOf(sql`m.at`, zone)}) from (${lateMoments(tx.tenantId, lateEvents(tx.tenantId))}) m
          where ${dayOf(sql`m.at`, zone)} = ${today}::date), 'none')
    ) as parts`);
  const parts = row?.parts ?? [];
  const gap = parts.findIndex((part, at) => part !== nameOf(at));
  return { halfHours: changed !== null ? 0 : gap === -1 ? parts.length : gap, present: Number(row?.present) };
}
