import { Inject, Injectable } from '@nestjs/common';
import { Database, sql, type TenantSession, type TenantStatements } from '#database';
import { type Clock, SystemClock } from '#kernel';
import type { SegmentDefinition } from '#rules';
import { CLOCK } from '../http/index.js';
import { RulesEngineService } from '../rules-engine/index.js';
import { queueRefreshes } from './refresh-queue.js';
import { reconcile } from './sql/reconcile.sql.js';

interface Due {
  id: string;
  segment_id: string;
}

interface Outcome {
  members: string;
  evaluated: string;
  added: string;
  removed: string;
}

/** A statement of a refresh that runs longer is ended by the server, and the refresh is failed. */
const statementLimitMs = 10 * 60_000;
/** A serialization failure means that somebody wrote what the refresh read: it starts again, at most so often. */
const restarts = 5;
/** After a failure the next try comes later each time, a minute at first and an hour at most. */
const firstRetryMs = 60_000;
const lastRetryMs = 3_600_000;
/** Back-off is of real time, whatever the service's clock says. */
const realTime = new SystemClock();

/** Somebody cancelled the refresh while it ran: what it did is rolled back. */
class CancelledMeanwhile extends Error {}

/**
 * Brings one tenant's segments up to date. The tables say what is due; running it twice, or for nothing, is harmless.
 * That a worker lives is told by its session's lock: whoever holds it next knows that the one before is gone.
 */
@Injectable()
export class RefreshCycle {
  constructor(
    private readonly database: Database,
    private readonly engine: RulesEngineService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Drains the change log, then refreshes whatever is due. Does nothing where another worker is at it. */
  async run(tenantId: string, signal?: AbortSignal): Promise<void> {
    await this.database.inCycle(tenantId, async (session) => {
      // The lock is held here, so a refresh that claims to be running has lost its worker.
      await this.database.inTenant(tenantId, async (tx) => {
        await handBack(tx);
        await drainChanges(tx);
        await queueRefreshes(tx, 'owed', this.clock.now(), realTime.now());
      });
      for (let due = await this.claim(tenantId); due !== undefined; due = await this.claim(tenantId)) {
        await this.refresh(session, due);
        if (signal?.aborted === true) return;
      }
    });
  }

  private async claim(tenantId: string): Promise<Due | undefined> {
    return await this.database.inTenant(tenantId, async (tx) => await tx.row<Due>(sql`
      update segment_refresh set status = 'running', attempts = attempts + 1, started_at = ${this.clock.now()}::timestamptz
      where tenant_id = ${tenantId}::uuid and id = (select id from segment_refresh
        where tenant_id = ${tenantId}::uuid and status = 'queued' order by id limit 1 for update skip locked)
      returning id, segment_id`));
  }

  private async refresh(session: TenantSession, due: Due): Promise<void> {
    const started = performance.now();
    try {
      await this.refreshOrRestart(session, due, started);
    } catch (error) {
      if (!(error instanceof CancelledMeanwhile)) await this.fail(session.tenantId, due, error, performance.now() - started);
    }
  }

  private async refreshOrRestart(session: TenantSession, due: Due, started: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await session.snapshot(async (tx) => { await this.refreshIn(tx, due, started); }, statementLimitMs);
        return;
      } catch (error) {
        const code = (error as { code?: string }).code;
        // 40001: serialization failure; 23505: a request pinned the same contact in at the same moment.
        if (attempt > restarts || (code !== '40001' && code !== '23505')) throw error;
      }
    }
  }

  /** One snapshot: rules, members and what should be are of the same moment, and all that is written commits together. */
  private async refreshIn(tx: TenantStatements, due: Due, started: number): Promise<void> {
    const { tenantId } = tx;
    const asOf = this.clock.now();
    const waiting = await tx.row(sql`
      select from segment_refresh where tenant_id = ${tenantId}::uuid and id = ${due.id}::uuid and status = 'running'`);
    if (waiting === undefined) return;
    const segment = await tx.row<{ rules: SegmentDefinition; rules_version: number; type: string; status: string }>(sql`
      select rules, rules_version, type, status from segment where tenant_id = ${tenantId}::uuid and id = ${due.segment_id}::uuid`);
    if (segment === undefined) return;
    if (segment.type !== 'dynamic' || segment.status !== 'active') {
      await finish(tx, due.id, sql`status = 'cancelled', finished_at = ${asOf}::timestamptz`);
      return;
    }
    const ready = this.engine.ready(segment.rules, await this.engine.vocabulary(tx));
    const outcome = await tx.row<Outcome>(reconcile({
      tenantId, segmentId: due.segment_id, refreshId: due.id, asOf,
      shouldBe: this.engine.membersSql(tenantId, ready, asOf, due.segment_id),
    }));
    if (outcome === undefined) throw new Error('a reconciliation has an outcome');
    await tx.write(sql`
      insert into segment_state (tenant_id, segment_id, contact_count, as_of, fingerprint, owed, at)
      values (${tenantId}::uuid, ${due.segment_id}::uuid, ${outcome.members}::bigint, ${asOf}::timestamptz,
        ${await this.engine.fingerprint(tx, due.segment_id, ready)}, 'nothing', ${asOf}::timestamptz)
      on conflict (tenant_id, segment_id) do update set contact_count = excluded.contact_count, as_of = excluded.as_of,
        fingerprint = excluded.fingerprint, owed = excluded.owed, at = excluded.at`);
    await tx.write(sql`
      update segment_refresh set retry_at = null
      where tenant_id = ${tenantId}::uuid and segment_id = ${due.segment_id}::uuid and status = 'failed' and retry_at is not null`);
    await finish(tx, due.id, sql`status = 'succeeded', mode = 'full', rules_version = ${segment.rules_version}, as_of = ${asOf}::timestamptz,
      evaluated = ${outcome.evaluated}::bigint, added = ${outcome.added}::bigint, removed = ${outcome.removed}::bigint,
      duration_ms = ${Math.round(performance.now() - started)}, finished_at = ${asOf}::timestamptz, error = null`);
  }

  /** The failure is a row with its reason, and the segment owes a refresh: it is tried again, later each time. */
  private async fail(tenantId: string, due: Due, error: unknown, durationMs: number): Promise<void> {
    const now = this.clock.now();
    await this.database.inTenant(tenantId, async (tx) => {
      const recent = await tx.rows<{ status: string }>(sql`
        select status from segment_refresh where tenant_id = ${tenantId}::uuid and segment_id = ${due.segment_id}::uuid
          and status in ('succeeded', 'failed') order by id desc limit 10`);
      const success = recent.findIndex(({ status }) => status === 'succeeded');
      const failures = success === -1 ? recent.length : success;
      const wait = Math.min(firstRetryMs * 2 ** failures, lastRetryMs);
      await tx.write(sql`
        update segment_refresh set status = 'failed', error = ${reasonOf(error)}, finished_at = ${now}::timestamptz,
          duration_ms = ${Math.round(durationMs)}, retry_at = ${new Date(realTime.now().getTime() + wait)}::timestamptz
        where tenant_id = ${tenantId}::uuid and id = ${due.id}::uuid and status = 'running'`);
      await tx.write(sql`
        update segment_state set owed = 'full' where tenant_id = ${tenantId}::uuid and segment_id = ${due.segment_id}::uuid`);
    });
  }
}

/** A running refresh that is no longer running was cancelled: what this transaction did is rolled back. */
async function finish(tx: TenantStatements, id: string, set: ReturnType<typeof sql>): Promise<void> {
  const touched = await tx.write(sql`
    update segment_refresh set ${set} where tenant_id = ${tx.tenantId}::uuid and id = ${id}::uuid and status = 'running'`);
  if (touched === 0) throw new CancelledMeanwhile();
}

/** A refresh whose worker is gone ends as failed; the segment owes one. */
async function handBack(tx: TenantStatements): Promise<void> {
  await tx.write(sql`
    with lost as (
      update segment_refresh set status = 'failed', error = 'The worker ended in the middle; it is tried again.'
      where tenant_id = ${tx.tenantId}::uuid and status = 'running' returning segment_id
    )
    update segment_state set owed = 'full' where tenant_id = ${tx.tenantId}::uuid and segment_id in (select segment_id from lost)`);
}

/** The rows visible here are deleted, and whoever they may move owes a refresh, in the same transaction. */
async function drainChanges(tx: TenantStatements): Promise<void> {
  await tx.write(sql`
    with drained as (delete from contact_change where tenant_id = ${tx.tenantId}::uuid returning 1)
    update segment_state set owed = 'full' where tenant_id = ${tx.tenantId}::uuid and exists (select from drained)`);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === '57014') return 'A statement passed its time limit.';
  return code === undefined ? message ?? 'unknown' : `The database refused a statement (${code}).`;
}
