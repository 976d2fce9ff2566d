import { Inject, Injectable } from '@nestjs/common';
import { instantOf, sql, type TenantSession, type TenantStatements } from '#database';
import { type Clock, newId, realTime } from '#kernel';
import type { SegmentDefinition, Vocabulary } from '#rules';
import { CLOCK } from '../http/index.js';
import { type ReadyRule, RulesEngineService } from '../rules-engine/index.js';
import { restarts, statementLimitMs } from './full-refresh.js';
import { type Claim, fail, type Reconciled, reasonOf, succeed, wantsRestart } from './refresh-outcome.js';
import { addCandidates, candidates, candidateTable, countCandidates, drainChanges, removeErased } from './sql/candidates.sql.js';
import { reconcile } from './sql/reconcile.sql.js';

interface StateRow {
  id: string;
  rules: SegmentDefinition;
  rules_version: number;
  as_of: string;
  fingerprint: string;
}

/** A segment whose stored members are right as of a known moment under the rules of today. */
interface Live {
  id: string;
  rulesVersion: number;
  asOf: Date;
  ready: ReadyRule;
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
  ) {}

  /** Which of the claimed refreshes it did; every other segment owes a full one from then on. */
  async refresh(session: TenantSession, claims: readonly Claim[]): Promise<ReadonlySet<string>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await session.snapshot(async (tx) => await this.refreshIn(tx, claims), statementLimitMs);
      } catch (error) {
        if (attempt > restarts || !wantsRestart(error)) throw error;
      }
    }
  }

  private async refreshIn(tx: TenantStatements, claims: readonly Claim[]): Promise<ReadonlySet<string>> {
    const { tenantId } = tx;
    const asOf = this.clock.now();
    await tx.rows(candidateTable);
    await tx.write(drainChanges(tenantId));
    const wantFull = new Set(claims.filter(({ mode }) => mode === 'full').map(({ segmentId }) => segmentId));
    const live = (await this.findLive(tx)).filter(({ id }) => !wantFull.has(id));
    for (const group of byMoment(live)) {
      await tx.write(addCandidates(this.engine.timeMovedSql(tenantId, group.segments, group.asOf, asOf)));
    }
    await tx.write(removeErased(tenantId));
    const counted = await tx.row<{ count: string; many: boolean }>(countCandidates(tenantId));
    const done = counted?.many === true ? [] : await this.reconcileAll(tx, live, claims, counted?.count ?? '0', asOf);
    await this.keepPosition(tx, done, asOf);
    return new Set(claims.filter(({ segmentId }) => done.includes(segmentId)).map(({ id }) => id));
  }

  /** Active dynamic segments that owe nothing and whose rules mean today what they meant when they were last applied. */
  private async findLive(tx: TenantStatements): Promise<Live[]> {
    const rows = await tx.rows<StateRow>(sql`
      select s.id, s.rules, s.rules_version, st.as_of, st.fingerprint
      from segment s join segment_state st on st.tenant_id = ${tx.tenantId}::uuid and st.segment_id = s.id
      where s.tenant_id = ${tx.tenantId}::uuid and s.type = 'dynamic' and s.status = 'active'
        and st.owed = 'nothing' and st.as_of is not null order by s.id`);
    if (rows.length === 0) return [];
    const vocabulary: Vocabulary = await this.engine.vocabulary(tx);
    const versions = await this.engine.versions(tx);
    const live: Live[] = [];
    for (const row of rows) {
      const ready = this.readable(row, vocabulary);
      if (ready === null || this.engine.fingerprint(row.id, ready, versions) !== row.fingerprint) continue;
      live.push({ id: row.id, rulesVersion: row.rules_version, asOf: instantOf(row.as_of), ready });
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

  /** The ids of the segments that were brought to `asOf`; one that fails stands alone. */
  private async reconcileAll(
    tx: TenantStatements, live: readonly Live[], claims: readonly Claim[], count: string, asOf: Date,
  ): Promise<string[]> {
    await tx.rows(sql`analyze refresh_candidate`);
    const claimed = new Map(claims.map((claim) => [claim.segmentId, claim]));
    const done: string[] = [];
    for (const segment of live) {
      const claim = claimed.get(segment.id);
      if (count === '0' && claim === undefined) {
        done.push(segment.id);
        continue;
      }
      if (await this.reconcileOne(tx, segment, claim ?? await begin(tx, segment.id, asOf), asOf)) done.push(segment.id);
    }
    return done;
  }

  private async reconcileOne(tx: TenantStatements, segment: Live, claim: Claim, asOf: Date): Promise<boolean> {
    const started = performance.now();
    const { tenantId } = tx;
    await tx.rows(sql`savepoint segment`);
    try {
      const outcome = await tx.row<Reconciled>(reconcile({
        tenantId, segmentId: segment.id, refreshId: claim.id, asOf, candidates,
        shouldBe: this.engine.membersSql(tenantId, segment.ready, asOf, segment.id, candidates),
      }));
      if (outcome === undefined) throw new Error('a reconciliation has an outcome');
      if (outcome.added !== '0' || outcome.removed !== '0') {
        await tx.write(sql`
          update segment_state set contact_count = contact_count + ${outcome.added}::bigint - ${outcome.removed}::bigint
          where tenant_id = ${tenantId}::uuid and segment_id = ${segment.id}::uuid`);
      }
      await succeed(tx, claim, { mode: 'incremental', rulesVersion: segment.rulesVersion, asOf, outcome, durationMs: performance.now() - started });
      await tx.rows(sql`release savepoint segment`);
      return true;
    } catch (error) {
      if (wantsRestart(error)) throw error;
      await tx.rows(sql`rollback to savepoint segment`);
      await fail(tx, claim, { reason: reasonOf(error), now: asOf, realNow: realTime.now(), durationMs: performance.now() - started });
      return false;
    }
  }

  /** The changes are drained: a segment that was not brought to `asOf` has missed them and owes a full refresh. */
  private async keepPosition(tx: TenantStatements, done: readonly string[], asOf: Date): Promise<void> {
    await tx.write(sql`
      update segment_state set as_of = ${asOf}::timestamptz, at = ${asOf}::timestamptz
      where tenant_id = ${tx.tenantId}::uuid and segment_id = any(${[...done]}::uuid[])`);
    await tx.write(sql`
      update segment_state st set owed = 'full' from segment s
      where st.tenant_id = ${tx.tenantId}::uuid and s.tenant_id = ${tx.tenantId}::uuid and s.id = st.segment_id
        and s.type = 'dynamic' and st.owed <> 'full' and st.segment_id <> all(${[...done]}::uuid[])`);
  }
}

/** A refresh that nobody asked for, as running. */
async function begin(tx: TenantStatements, segmentId: string, asOf: Date): Promise<Claim> {
  const id = newId();
  await tx.write(sql`
    insert into segment_refresh (tenant_id, id, segment_id, status, mode, attempts, created_at, started_at)
    values (${tx.tenantId}::uuid, ${id}::uuid, ${segmentId}::uuid, 'running', 'incremental', 1, ${asOf}::timestamptz, ${asOf}::timestamptz)`);
  return { id, segmentId, mode: 'incremental' };
}

function byMoment(live: readonly Live[]): { asOf: Date; segments: Map<string, ReadyRule> }[] {
  const groups = new Map<number, Map<string, ReadyRule>>();
  for (const { id, asOf, ready } of live) {
    const group = groups.get(asOf.getTime()) ?? new Map<string, ReadyRule>();
    groups.set(asOf.getTime(), group.set(id, ready));
  }
  return [...groups].map(([at, segments]) => ({ asOf: new Date(at), segments }));
}
