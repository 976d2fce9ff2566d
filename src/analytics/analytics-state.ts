import { instantOrNull, sql, type TenantTransaction } from '#database';
import { dayOf } from './sql/local-days.sql.js';

/** By which days a tenant's figures go, and how far they have been rolled up. */
export interface AnalyticsState {
  readonly zone: string;
  readonly closedUntil: Date | null;
  readonly membershipSeq: string;
  /** The local day of the moment asked for. */
  readonly today: string;
}

/** Of a tenant that has not chosen one. */
export const zoneByDefault = 'UTC';

/** The tenant's state at a moment; a tenant without a row has days in UTC and nothing rolled up. */
export async function readState(tx: TenantTransaction, now: Date): Promise<AnalyticsState> {
  const row = await tx.row<{ timezone: string; closed_until: string | null; membership_seq: string }>(sql`
    select timezone, closed_until, membership_seq from analytics_state where tenant_id = ${tx.tenantId}::uuid`);
  const zone = row?.timezone ?? zoneByDefault;
  return { zone, closedUntil: instantOrNull(row?.closed_until ?? null), membershipSeq: row?.membership_seq ?? '0', today: await localDay(tx, now, zone) };
}

/** The local day of a moment, `YYYY-MM-DD`. */
export async function localDay(tx: TenantTransaction, moment: Date, zone: string): Promise<string> {
  const row = await tx.row<{ day: string }>(sql`select ${dayOf(sql`${moment}::timestamptz`, zone)}::text as day`);
  if (row === undefined) throw new Error('the database did not answer');
  return row.day;
}

/** The first closed day that a change of membership fell on which came after the rollup, as where the clock was set back. */
export async function changedMembersFrom(tx: TenantTransaction, state: AnalyticsState, segmentIds: readonly string[] | null = null): Promise<string | null> {
  if (state.closedUntil === null) return null;
  const row = await tx.row<{ day: string | null }>(sql`
    select min(${dayOf(sql`at`, state.zone)})::text as day from membership_change
    where tenant_id = ${tx.tenantId}::uuid and seq > ${state.membershipSeq}::bigint and at < ${state.closedUntil}::timestamptz
      ${segmentIds === null ? sql`` : sql`and segment_id = any(${[...segmentIds]}::uuid[])`}`);
  return row?.day ?? null;
}
