import { Inject, Injectable } from '@nestjs/common';
import { instantOf, instantOrNull, longStatementMs, sql, type TenantSession, type TenantStatements } from '#database';
import { type Clock, inSpan, newId, realTime, type Span } from '#kernel';
import type { SegmentDefinition, Vocabulary } from '#rules';
import type { Config } from '../config.js';
import { foldTally } from '../contacts/index.js';
import { CLOCK, CONFIG, contactsEvaluated, refreshesEnded } from '../http/index.js';
import { type ReadyRule, RulesEngineService } from '../rules-engine/index.js';
import { restarts } from './full-refresh.js';
import { lookAgain, nextDue } from './next-due.js';
import { type Gathered, gatherCandidates } from './gather-candidates.js';
import type { StatementCosts } from './partition.js';
import { type Done, type EvaluatedPart, type Failed, type Live, reconcileCandidates } from './reconcile-candidates.js';
import { refreshMoment } from './refresh-moment.js';
import { type Claim, fail, stillRunning, wantsRestart } from './refresh-outcome.js';
import { tellingTimes } from './slow-segments.js';
import { candidateTables, countLost, drainChanges } from './sql/candidates.sql.js';
import { type CycleReasons, type EndedRefresh, endRefreshes, forgetFailures, lockStates, movePosition, oweFullExcept } from './sql/end-refreshes.sql.js';

/** What statements cost, as `StatementCosts`: tests weigh otherwise. */
export const STATEMENT_COSTS = Symbol('StatementCosts');

interface StateRow {
  id: string;
  rules: SegmentDefinition;
  rules_version: number;
  as_of: string;
  fingerprint: string;
}

/** A cycle under way. */
interface Cycle {
  readonly tx: TenantStatements;
  readonly asOf: Date;
  readonly started: number;
  readonly claims: ReadonlyMap<string, Claim>;
  readonly counts: Counts;
}

/** What metrics and spans are told once the cycle has committed. */
interface Counts {
  changes: number;
  /** Segments that follow incrementally. */
  live: number;
  evaluated: number;
  added: number;
  removed: number;
  succeeded: number;
  failed: number;
}

/**
 * Brings all live segments of a tenant from where they stand to one new moment, by looking only at the contacts that a
 * change or the time between may have moved. What it drains from the log, what it writes and where the segments then
 * stand commit together.
 */
@Injectable()
export class IncrementalRefresh {
  constructor(
    private readonly engine: RulesEngineService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(STATEMENT_COSTS) private readonly costs: StatementCosts,
  ) {}

  /** Which of the claimed refreshes it did; every other segment owes a full one from then on. */
  async refresh(session: TenantSession, claims: readonly Claim[]): Promise<ReadonlySet<string>> {
    return await inSpan({ kind: 'step', name: 'incremental refresh', figures: { 'tenant.id': session.tenantId, 'refresh.mode': 'incremental' } },
      async (span) => await this.refreshOrRestart(session, claims, span));
  }

  private async refreshOrRestart(session: TenantSession, claims: readonly Claim[], span: Span): Promise<ReadonlySet<string>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const counts: Counts = { changes: 0, live: 0, evaluated: 0, added: 0, removed: 0, succeeded: 0, failed: 0 };
        // Whoever asked for a refresh was told of it, and waits for how it ends.
        const options = { statementTimeoutMs: longStatementMs, redoable: claims.length === 0 };
        const done = await session.snapshot(async (tx) => await this.refreshIn(tx, claims, counts), options);
        span.tell(Object.fromEntries(Object.entries(counts).map(([name, count]) => [`refresh.${name}`, count])));
        contactsEvaluated.observe({ mode: 'incremental' }, counts.evaluated);
        for (const outcome of ['succeeded', 'failed'] as const) refreshesEnded.inc({ mode: 'incremental', outcome }, counts[outcome]);
        return done;
      } catch (error) {
        if (attempt > restarts || !wantsRestart(error)) throw error;
      }
    }
  }

  private async refreshIn(tx: TenantStatements, claims: readonly Claim[], counts: Counts): Promise<ReadonlySet<string>> {
    const cycle: Cycle = {
      tx, counts, asOf: await refreshMoment(tx, this.clock, this.config), started: performance.now(), claims: new Map(claims.map((claim) => [claim.segmentId, claim])),
    };
    for (const table of candidateTables) await tx.rows(table);
    await tx.write(foldTally(tx.tenantId));
    const drained = await tx.row<{ changes: string; oldest: string | null }>(drainChanges(tx.tenantId));
    const cancelled = await cancelledOf(tx, claims);
    const live = (await this.findLive(cycle)).filter(({ id }) => cycle.claims.get(id)?.mode !== 'full' && !cancelled.has(id));
    const looked = await gatherCandidates({ tx, engine: this.engine, live, asOf: cycle.asOf, costs: this.costs });
    counts.changes = Number(drained?.changes ?? 0);
    counts.live = live.length;
    const done = await this.bringAlong(cycle, looked, drained?.changes ?? '0');
    if (looked.lost.length > 0) await tx.write(countLost(tx.tenantId, looked.lost));
    await tx.write(oweFullExcept(tx.tenantId, done, {
      realNow: realTime.now(), since: instantOrNull(drained?.oldest ?? null) ?? cycle.asOf,
      requested: claims.filter(({ mode }) => mode === 'full').map(({ segmentId }) => segmentId), live: live.map(({ id }) => id),
    }));
    return new Set(claims.filter(({ segmentId }) => done.includes(segmentId)).map(({ id }) => id));
  }

  /** Active dynamic segments that owe nothing and whose rules mean today what they meant when they were last applied. */
  private async findLive({ tx, claims }: Cycle): Promise<Live[]> {
    const rows = await tx.rows<StateRow>(sql`
      select s.id, s.rules, s.rules_version, st.as_of, st.fingerprint
      from segment s join segment_state st on st.tenant_id = ${tx.tenantId}::uuid and st.segment_id = s.id
      where s.tenant_id = ${tx.tenantId}::uuid and s.type = 'dynamic' and s.status = 'active'
        and st.owed = 'nothing' and st.as_of is not null order by s.id`);
    if (rows.length === 0) return [];
    const vocabulary: Vocabulary = await this.engine.vocabulary(tx, rows.map(({ id }) => id));
    const versions = await this.engine.versions(tx);
    const live: Live[] = [];
    for (const row of rows) {
      const ready = this.readable(row, vocabulary);
      if (ready === null || this.engine.fingerprint(row.id, ready, versions) !== row.fingerprint) continue;
      live.push({ id: row.id, rulesVersion: row.rules_version, asOf: instantOf(row.as_of), ready, refreshId: claims.get(row.id)?.id ?? newId() });
    }
    return live;
  }

  /** Rules that cannot be read are no reason for the others to wait: the segment's full refresh fails, alone and visibly. */
  private readable(row: StateRow, vocabulary: Vocabulary): ReadyRule | null {
    try {
      return this.engine.ready(row.rules, vocabulary);
    } catch {
      return null;
    }
  }

  /** The ids of the segments that now stand at the cycle's moment; one that fails stands alone. */
  private async bringAlong(cycle: Cycle, { parts, changed }: Gathered, changes: string): Promise<string[]> {
    const { tx } = cycle;
    const [some, none] = [parts.filter(({ count }) => count > 0), parts.filter(({ count }) => count === 0)];
    cycle.counts.evaluated = some.reduce((sum, { count }) => sum + count, 0);
    const { done, failed } = some.length === 0 ? { done: [], failed: [] } : await this.evaluate(cycle, some);
    await tx.rows(lockStates(tx.tenantId));
    for (const one of failed) await this.fail(cycle, one);
    const still = none.flatMap(({ live }) => live).map((segment): Done => ({ segment, outcome: { segmentId: segment.id, added: '0', removed: '0' } }));
    const evaluated = new Map(parts.flatMap(({ live, count }) => live.map(({ id }) => [id, count])));
    return await this.end(cycle, [...still, ...done], evaluated, { changes, changed });
  }

  private async evaluate({ tx, asOf }: Cycle, parts: readonly EvaluatedPart[]): Promise<{ done: Done[]; failed: Failed[] }> {
    const evaluation = { tx, engine: this.engine, moment: { ...await this.engine.known(tx), asOf } };
    return await reconcileCandidates({ ...evaluation, parts, tellTime: tellingTimes(this.config, evaluation) });
  }

  /** Writes what was done. Where nobody was to be looked at, a segment moves on silently unless somebody asked for it. */
  private async end(
    { tx, asOf, claims, started, counts }: Cycle, done: readonly Done[], evaluated: ReadonlyMap<string, number>, reasons: CycleReasons,
  ): Promise<string[]> {
    const { tenantId } = tx;
    const ids = done.map(({ segment }) => segment.id);
    const refreshes = done.map(({ segment: { id, rulesVersion, ready, refreshId }, outcome: { added, removed } }): EndedRefresh =>
      ({ segmentId: id, refreshId, rulesVersion, added, removed, references: ready.references.size, evaluated: evaluated.get(id) ?? 0 }));
    const told = refreshes.filter(({ segmentId, evaluated: count }) => count > 0 || claims.has(segmentId));
    counts.succeeded = told.length;
    for (const { added, removed } of told) [counts.added, counts.removed] = [counts.added + Number(added), counts.removed + Number(removed)];
    if (told.length > 0) {
      await tx.write(endRefreshes({ tenantId, refreshes: told, reasons, durationMs: performance.now() - started, asOf }));
      await tx.write(forgetFailures(tenantId, ids));
    }
    // After changes the next edge may be another one; it is looked for once they have settled, not after each.
    const due = reasons.changes === '0'
      ? await nextDue(tx, this.engine, new Map(done.map(({ segment: { id, ready } }) => [id, ready])), asOf, this.config)
      : lookAgain(this.config, asOf);
    await tx.write(movePosition({ tenantId, refreshes, asOf, due }));
    return ids;
  }

  private async fail({ tx, asOf, claims, counts }: Cycle, { segment, reason, durationMs }: Failed): Promise<void> {
    counts.failed += 1;
    await fail(tx, claims.get(segment.id) ?? await begin(tx, segment, asOf), { reason, now: asOf, realNow: realTime.now(), durationMs });
  }
}

/** The segments whose refresh was cancelled since it was claimed: what it would do is not done, and they owe one. A cancellation that this snapshot does not see yet makes it start again. */
async function cancelledOf(tx: TenantStatements, claims: readonly Claim[]): Promise<ReadonlySet<string>> {
  const running = await stillRunning(tx, claims);
  return new Set(claims.filter(({ id }) => !running.has(id)).map(({ segmentId }) => segmentId));
}

/** A refresh that nobody asked for, as running. */
async function begin(tx: TenantStatements, { id: segmentId, refreshId: id }: Live, asOf: Date): Promise<Claim> {
  await tx.write(sql`
    insert into segment_refresh (tenant_id, id, segment_id, status, mode, attempts, created_at, started_at)
    values (${tx.tenantId}::uuid, ${id}::uuid, ${segmentId}::uuid, 'running', 'incremental', 1, ${asOf}::timestamptz, ${asOf}::timestamptz)`);
  return { id, segmentId, mode: 'incremental' };
}
