import { Inject, Injectable } from '@nestjs/common';
import { Database, longStatementMs, lostSession, sql, type TenantSession, type TenantStatements } from '#database';
import { type Clock, inSpan, realTime, tellSpan } from '#kernel';
import type { SegmentDefinition } from '#rules';
import type { Config } from '../config.js';
import { contactsOf } from '../contacts/index.js';
import { CLOCK, CONFIG, contactsEvaluated, refreshesEnded } from '../http/index.js';
import { RulesEngineService } from '../rules-engine/index.js';
import { type Claim, drop, fail, reasonOf, stillRunning, succeed, wantsRestart } from './refresh-outcome.js';
import { tellRefreshTime } from './refresh-time.js';
import { lookAgain } from './next-due.js';
import { refreshMoment } from './refresh-moment.js';
import { reconcile } from './reconcile.js';
import { noted, noteDifferences } from './sql/reconcile.sql.js';

export const restarts = 5;
/** How often a refresh under way looks whether it is still wanted. */
const lookEachMs = 1000;
/** Somebody cancelled the refresh while it ran: what it did is rolled back. */
class CancelledMeanwhile extends Error {}

/** The first fill of a segment, or its recomputation over all contacts: a transaction of its own. */
@Injectable()
export class FullRefresh {
  constructor(
    private readonly database: Database,
    private readonly engine: RulesEngineService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async refresh(session: TenantSession, claim: Claim): Promise<void> {
    const started = performance.now();
    const figures = { 'tenant.id': session.tenantId, 'segment.id': claim.segmentId, 'refresh.id': claim.id, 'refresh.mode': 'full' };
    try {
      await inSpan({ kind: 'step', name: 'full refresh', figures }, async () => { await this.refreshOrRestart(session, claim, started); });
    } catch (error) {
      if (error instanceof CancelledMeanwhile) return;
      // With the session the lock is gone: nothing is wrong with the segment, and whoever cycles next takes it up at once.
      if (lostSession(error)) throw error;
      refreshesEnded.inc({ mode: 'full', outcome: 'failed' });
      await this.database.inTenant(session.tenantId, async (tx) => {
        await fail(tx, claim, { reason: reasonOf(error), now: this.clock.now(), realNow: realTime.now(), durationMs: performance.now() - started });
      });
    } finally {
      tellRefreshTime(this.config, { mode: 'full', tenantId: session.tenantId, segmentIds: [claim.segmentId], ms: performance.now() - started });
    }
  }

  private async refreshOrRestart(session: TenantSession, claim: Claim, started: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const evaluated = await this.unlessCancelled(session.tenantId, claim,
          async (signal) => await session.snapshot(async (tx) => await this.refreshIn(tx, claim, started), { statementTimeoutMs: longStatementMs, signal }));
        if (evaluated === null) return;
        contactsEvaluated.observe({ mode: 'full' }, evaluated);
        refreshesEnded.inc({ mode: 'full', outcome: 'succeeded' });
        return;
      } catch (error) {
        if (attempt > restarts || !wantsRestart(error)) throw error;
      }
    }
  }

  /** Somebody may cancel it, or edit the rules, while it computes for minutes: it is ended then, and not only found to be of no use at its end. */
  private async unlessCancelled<T>(tenantId: string, claim: Claim, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const cancelled = new AbortController();
    const look = async (): Promise<void> => {
      const running = await this.database.inTenant(tenantId, async (tx) => await stillRunning(tx, [claim]));
      if (running.size === 0) cancelled.abort(new CancelledMeanwhile());
    };
    // What cannot be asked now is asked the next time; at its end the refresh looks for itself.
    const watching = setInterval(() => { look().catch(() => undefined); }, lookEachMs);
    try {
      return await work(cancelled.signal);
    } finally {
      clearInterval(watching);
    }
  }

  /** How many contacts were looked at; `null` where nothing was to be done. One snapshot: rules, members and what should be are of the same moment, and all that is written commits together. */
  private async refreshIn(tx: TenantStatements, claim: Claim, started: number): Promise<number | null> {
    const { tenantId } = tx;
    const asOf = await refreshMoment(tx, this.clock, this.config);
    const segment = await tx.row<{ rules: SegmentDefinition; rules_version: number; type: string; status: string }>(sql`
      select rules, rules_version, type, status from segment where tenant_id = ${tenantId}::uuid and id = ${claim.segmentId}::uuid`);
    if (segment === undefined || (await stillRunning(tx, [claim])).size === 0) return null;
    if (segment.type !== 'dynamic' || segment.status !== 'active') {
      await drop(tx, claim, asOf);
      return null;
    }
    const ready = await this.engine.readyIn(tx, segment.rules);
    const moment = { ...await this.engine.known(tx, ready, asOf), asOf };
    const members = this.engine.membersSql(tenantId, ready, moment, claim.segmentId);
    await tx.rows(noteDifferences({
      tenantId, segmentIds: [claim.segmentId], shouldBe: sql`select ${claim.segmentId}::uuid as segment_id, contact_id from (${members}) who`,
    }));
    const [outcome] = await reconcile(tx, { segments: [{ segmentId: claim.segmentId, refreshId: claim.id }], differs: noted, asOf });
    const counts = await tx.row<{ contacts: string; members: string }>(sql`
      select ${contactsOf(tenantId)} as contacts,
        (select count(*) from segment_member where tenant_id = ${tenantId}::uuid and segment_id = ${claim.segmentId}::uuid) as members`);
    if (outcome === undefined || counts === undefined) throw new Error('a reconciliation has an outcome');
    await tx.write(sql`
      insert into segment_state (tenant_id, segment_id, contact_count, as_of, fingerprint, owed, at)
      values (${tenantId}::uuid, ${claim.segmentId}::uuid, ${counts.members}::bigint, ${asOf}::timestamptz,
        ${this.engine.fingerprint(claim.segmentId, ready, await this.engine.versions(tx))}, 'nothing', coalesce(${lookAgain(this.config, asOf)}::timestamptz, 'infinity'))
      on conflict (tenant_id, segment_id) do update set contact_count = excluded.contact_count, as_of = excluded.as_of,
        fingerprint = excluded.fingerprint, owed = excluded.owed, owed_since = null, owed_because = null, at = excluded.at`);
    const done = await succeed(tx, claim, {
      rulesVersion: segment.rules_version, asOf, evaluated: counts.contacts, outcome, durationMs: performance.now() - started,
    });
    if (!done) throw new CancelledMeanwhile();
    tellSpan({ 'refresh.evaluated': Number(counts.contacts), 'refresh.members': Number(counts.members), 'refresh.added': Number(outcome.added), 'refresh.removed': Number(outcome.removed) });
    return Number(counts.contacts);
  }
}
