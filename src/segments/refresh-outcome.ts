import { contested, overTime, type Sql, sql, type TenantStatements } from '#database';
import { forgetFailures } from './sql/end-refreshes.sql.js';
import type { Reconciled } from './sql/reconcile.sql.js';

/** A refresh that a worker has taken on. */
export interface Claim {
  readonly id: string;
  readonly segmentId: string;
  readonly mode: 'auto' | 'full' | 'incremental';
}

const workerGone = 'The worker ended in the middle; it is tried again.';

/** After a failure the next try comes later each time, a minute at first and an hour at most. */
const firstRetryMs = 60_000;
const lastRetryMs = 3_600_000;
/** While one segment is refreshed in full, the others of its tenant wait: one that fails again and again has a tenth of the time. */
const restPerMs = 9;

/** A full refresh that is done. */
export interface Success {
  rulesVersion: number;
  asOf: Date;
  evaluated: string;
  outcome: Reconciled;
  durationMs: number;
}

/**
 * Ends a full refresh that is running. It may be running no longer, since somebody cancelled it; whether it was is the answer.
 */
export async function succeed(tx: TenantStatements, claim: Claim, { rulesVersion, asOf, evaluated, outcome, durationMs }: Success): Promise<boolean> {
  await tx.write(forgetFailures(tx.tenantId, [claim.segmentId]));
  return await finish(tx, claim, sql`status = 'succeeded', mode = 'full', rules_version = ${rulesVersion}, as_of = ${asOf}::timestamptz,
    evaluated = ${evaluated}::bigint, added = ${outcome.added}::bigint, removed = ${outcome.removed}::bigint,
    duration_ms = ${Math.round(durationMs)}, finished_at = ${asOf}::timestamptz, error = null`);
}

/** Ends a refresh whose segment is no longer one to refresh. */
export async function drop(tx: TenantStatements, claim: Claim, now: Date): Promise<void> {
  await finish(tx, claim, sql`status = 'cancelled', finished_at = ${now}::timestamptz`);
}

/** Those of the refreshes that this transaction sees under way: whoever cancels one, or edits its segment, ends it. */
export async function stillRunning(tx: TenantStatements, claims: readonly Pick<Claim, 'id'>[]): Promise<ReadonlySet<string>> {
  if (claims.length === 0) return new Set();
  const rows = await tx.rows<{ id: string }>(sql`
    select id from segment_refresh where tenant_id = ${tx.tenantId}::uuid and id = any(${claims.map(({ id }) => id)}::uuid[]) and status = 'running'`);
  return new Set(rows.map(({ id }) => id));
}

async function finish(tx: TenantStatements, { id }: Claim, set: Sql): Promise<boolean> {
  return await tx.write(sql`
    update segment_refresh set ${set} where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid and status = 'running'`) > 0;
}

export interface Failure {
  reason: string;
  now: Date;
  realNow: Date;
  durationMs: number;
}

/** The failure is a row with its reason, and the segment owes a refresh: it is tried again, later each time. */
export async function fail(tx: TenantStatements, { id, segmentId }: Claim, { reason, now, realNow, durationMs }: Failure): Promise<void> {
  const retryAt = laterAfter((await failuresBefore(tx, segmentId)).length, realNow, durationMs);
  await tx.write(sql`
    update segment_refresh set status = 'failed', error = ${reason}, finished_at = ${now}::timestamptz,
      duration_ms = ${Math.round(durationMs)}, retry_at = ${retryAt}::timestamptz
    where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid and status = 'running'`);
  await tx.write(sql`
    update segment_state set owed = 'full', at = ${retryAt}::timestamptz where tenant_id = ${tx.tenantId}::uuid and segment_id = ${segmentId}::uuid`);
}

/** Why refreshes of the segment have failed since one succeeded; it is not told of more than ten. */
async function failuresBefore(tx: TenantStatements, segmentId: string): Promise<(string | null)[]> {
  const recent = await tx.rows<{ status: string; error: string | null }>(sql`
    select status, error from segment_refresh where tenant_id = ${tx.tenantId}::uuid and segment_id = ${segmentId}::uuid
      and status in ('succeeded', 'failed') order by id desc limit 10`);
  const success = recent.findIndex(({ status }) => status === 'succeeded');
  return recent.slice(0, success === -1 ? recent.length : success).map(({ error }) => error);
}

/** When a refresh is tried again that failed after so long, and so many times before. */
export function laterAfter(failures: number, realNow: Date, tookMs = 0): Date {
  return new Date(realNow.getTime() + Math.max(Math.min(firstRetryMs * 2 ** failures, lastRetryMs), tookMs * restPerMs));
}

/**
 * Refreshes whose worker is gone end as failed, and their segments owe one: at once the first time, since a worker may be
 * ended at any time, whatever failed before; later each time where it happens again, since that refresh may be what ends it. How many they are.
 */
export async function handBack(tx: TenantStatements, now: Date, realNow: Date): Promise<number> {
  const lost = await tx.rows<{ id: string; segment_id: string }>(sql`
    select id, segment_id from segment_refresh where tenant_id = ${tx.tenantId}::uuid and status = 'running' order by id for update`);
  for (const { id, segment_id: segmentId } of lost) {
    const failures = await failuresBefore(tx, segmentId);
    const retryAt = failures.includes(workerGone) ? laterAfter(failures.length - 1, realNow) : null;
    if (retryAt === null) await tx.write(forgetFailures(tx.tenantId, [segmentId]));
    await tx.write(sql`
      update segment_refresh set status = 'failed', error = ${workerGone}, finished_at = ${now}::timestamptz,
        duration_ms = least(2147483647, greatest(0, extract(epoch from ${now}::timestamptz - started_at) * 1000))::integer, retry_at = ${retryAt}::timestamptz
      where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid`);
    await tx.write(sql`
      update segment_state set owed = 'full', at = ${retryAt ?? realNow}::timestamptz where tenant_id = ${tx.tenantId}::uuid and segment_id = ${segmentId}::uuid`);
  }
  return lost.length;
}

/** Why a refresh failed, without the values that a message of the database may hold. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (overTime(error)) return 'A statement passed its time limit.';
  return code === undefined ? message ?? 'unknown' : `The database refused a statement (${code}).`;
}

/**
 * Somebody wrote what the refresh read or wrote meanwhile, so that it starts again on a new snapshot.
 * 23505: a request pinned the same contact in; 23503: the segment was deleted.
 */
export function wantsRestart(error: unknown): boolean {
  return contested(error) || ['23505', '23503'].includes((error as { code?: string }).code ?? '');
}
