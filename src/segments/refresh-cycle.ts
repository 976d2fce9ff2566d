import { Inject, Injectable } from '@nestjs/common';
import { Database, type Sql, sql, type TenantSession } from '#database';
import { type Clock, inSpan, realTime } from '#kernel';
import { CLOCK, cycleSeconds, refreshesLost } from '../http/index.js';
import { FullRefresh } from './full-refresh.js';
import { IncrementalRefresh } from './incremental-refresh.js';
import { queueRefreshes } from './refresh-queue.js';
import { noteCauses } from './refresh-cause.js';
import { type Claim, handBack } from './refresh-outcome.js';

/**
 * Brings one tenant's segments up to date. The tables say what is due; running it twice, or for nothing, is harmless.
 * That a worker lives is told by its session's lock: whoever holds it next knows that the one before is gone.
 */
@Injectable()
export class RefreshCycle {
  constructor(
    private readonly database: Database,
    private readonly incremental: IncrementalRefresh,
    private readonly full: FullRefresh,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * First all live segments in one snapshot, at the cost of what changed; then, each in a transaction of its own so that
   * a long fill does not hold them up, those that owe a full refresh. Does nothing where another worker is at it.
   */
  async run(tenantId: string, signal?: AbortSignal): Promise<void> {
    await inSpan({ kind: 'step', name: 'refresh cycle', figures: { 'tenant.id': tenantId } }, async (span) => {
      let rounds = 0;
      await this.database.inCycle(tenantId, async (session) => {
        const measured = cycleSeconds.startTimer();
        try {
          await this.endLost(tenantId);
          do {
            await this.round(session, signal);
            rounds += 1;
          } while (signal?.aborted !== true && await this.isDue(tenantId));
        } finally {
          // Those that fail as well: they may be the slowest.
          measured();
        }
      }, { signal });
      span.tell({ 'cycle.rounds': rounds });
    });
  }

  /** Ends refreshes whose worker is gone, for a process that does not work itself. Does nothing where a worker is at it. */
  async endAbandoned(tenantId: string): Promise<void> {
    await this.database.inCycle(tenantId, async () => { await this.endLost(tenantId); });
  }

  /** Whoever holds the lock of the cycle knows that no other worker runs a refresh of the tenant. */
  private async endLost(tenantId: string): Promise<void> {
    refreshesLost.inc(await this.database.inTenant(tenantId, async (tx) => await handBack(tx, this.clock.now(), realTime.now())));
  }

  private async round(session: TenantSession, signal?: AbortSignal): Promise<void> {
    const { tenantId } = session;
    await session.renewStatistics(['contact', 'contact_date', 'contact_event', 'contact_engagement', 'segment_member']);
    const asked = await this.claim(tenantId, sql`true`);
    const done = await this.incremental.refresh(session, asked);
    await this.database.inTenant(tenantId, async (tx) => { await queueRefreshes(tx, 'owed', this.clock.now(), realTime.now()); });
    // What was asked for meanwhile of a segment that owes nothing waits for the next round: it is cheap there.
    const owed = await this.claim(tenantId, sql`exists (
      select from segment_state st where st.tenant_id = ${tenantId}::uuid and st.segment_id = segment_refresh.segment_id and st.owed = 'full')`);
    const left = [...asked.filter(({ id }) => !done.has(id)), ...owed];
    if (left.length > 0) await this.database.inTenant(tenantId, async (tx) => { await noteCauses(tx, left); });
    await this.fill(session, left, signal);
    // Who reads a segment right after its first fill joins its members with events: unknown to the planner, 20,000 took over 10 s.
    if (left.length > 0 && signal?.aborted !== true) await session.renewStatistics(['segment_member']);
  }

  /** One after the other. A process that stops may not outlast the fill under way: those after it are handed back as soon as it is told to end. */
  private async fill(session: TenantSession, claims: readonly Claim[], signal: AbortSignal | undefined): Promise<void> {
    const { tenantId } = session;
    const waiting = [...claims];
    let released = Promise.resolve();
    const stop = (): void => {
      if (waiting.length > 0) released = this.release(tenantId, waiting.splice(0));
      // Waited for below, when that fill has ended.
      released.catch(() => undefined);
    };
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (let isFirst = true; waiting.length > 0; isFirst = false) {
        // A fill may take minutes: what changed during the last one is not to wait for the next.
        if (!isFirst && await this.hasChanges(tenantId)) await this.incremental.refresh(session, []);
        const claim = waiting.shift();
        if (claim !== undefined) await this.full.refresh(session, claim);
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      await released;
    }
  }

  private async claim(tenantId: string, which: Sql): Promise<Claim[]> {
    return await this.database.inTenant(tenantId, async (tx) => await tx.rows<Claim>(sql`
      update segment_refresh set status = 'running', attempts = attempts + 1, started_at = ${this.clock.now()}::timestamptz
      where tenant_id = ${tenantId}::uuid and status = 'queued' and ${which} returning id, segment_id as "segmentId", mode`));
  }

  /** The process stops: what was not begun waits again, for whoever comes next. */
  private async release(tenantId: string, claims: readonly Claim[]): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => await tx.write(sql`
      update segment_refresh r set status = case when exists (
          select from segment_refresh o where o.tenant_id = ${tenantId}::uuid and o.segment_id = r.segment_id and o.status = 'queued')
        then 'cancelled' else 'queued' end, started_at = null
      where r.tenant_id = ${tenantId}::uuid and r.status = 'running' and r.id = any(${claims.map(({ id }) => id)}::uuid[])`));
  }

  private async hasChanges(tenantId: string): Promise<boolean> {
    return await this.database.inTenant(tenantId, async (tx) => await tx.row(sql`select from contact_change where tenant_id = ${tenantId}::uuid limit 1`) !== undefined);
  }

  private async isDue(tenantId: string): Promise<boolean> {
    return await this.database.inTenant(tenantId, async (tx) => await tx.row(sql`
      select from contact_change where tenant_id = ${tenantId}::uuid
      union all select from segment_refresh where tenant_id = ${tenantId}::uuid and status = 'queued' limit 1`) !== undefined);
  }
}
