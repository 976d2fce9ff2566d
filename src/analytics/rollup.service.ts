import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Database, longStatementMs, type Sql, sql, type TenantTransaction } from '#database';
import { ErasureSteps } from '../contacts/index.js';
import { type AnalyticsState, changedMembersFrom, readState, zoneByDefault } from './analytics-state.js';
import { addDays, runsOf } from './days.js';
import { beginOf } from './sql/local-days.sql.js';
import { keepErased, lockRollup, reopenDays, reopenHalfHours, reopenLateDays, rollUp, settledHalfHours } from './sql/roll-up.sql.js';
import { halfHoursOf, wholeDays } from './sql/stretch.sql.js';
import { rolledHalfHours } from './today.js';

/** Thirteen months, so that each month has the one before it. Older days are rolled up where they are asked for. */
const rolledByItself = 400;
const daysAtOnce = 7;
/** The last closed days are rolled up again each night, whoever committed late on them. */
const doneAgain = 2;
/** Four hours: what is lost where a worker dies. */
const halfHoursAtOnce = 8;
/** What arrives within a quarter of an hour, as most events do, reopens no half hour; and a list's edit is committed long before. */
const settlesAfterMs = 15 * 60_000;
const firstDay = '0001-01-02';
const lastDay = '9999-12-30';

/**
 * Keeps the daily rollup. It is a cache: a day without its mark in `tenant_day` is read from the events, so whatever may
 * have changed a day takes the mark off first, and rolling up puts it back. A run that dies at any point, or is doubled,
 * leaves days without marks for the next.
 */
@Injectable()
export class RollupService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly erasures: ErasureSteps,
  ) {}

  onModuleInit(): void {
    this.erasures.add(async (tx, contactId) => { await this.keepTotals(tx, contactId); });
  }

  /** Rolls up every day before today that lacks it: those closed since, those that late events touched, those that were asked for. */
  async run(tenantId: string, now: Date, signal?: AbortSignal): Promise<void> {
    const asked = await this.database.inTenant(tenantId, async (tx) => await this.reopen(tx, now), { statementTimeoutMs: longStatementMs });
    const missing = await this.database.inTenant(tenantId, async (tx) => await this.missing(tx, asked, now), { readOnly: true });
    for (const { from, to } of runsOf(missing, daysAtOnce)) {
      if (signal?.aborted === true) return;
      await this.rollDays(tenantId, from, to, now);
    }
    await this.database.inTenant(tenantId, async (tx) => {
      await tx.write(sql`
        update rollup set status = 'succeeded', finished_at = ${now}::timestamptz
        where tenant_id = ${tenantId}::uuid and id = any(${asked.map(({ id }) => id)}::uuid[]) and status = 'queued'`);
    });
  }

  /** Rolls up the half hours of today that are settled and lack it, so that a reading of today has only the last ones to count. */
  async runToday(tenantId: string, now: Date, signal?: AbortSignal): Promise<void> {
    const settled = await this.database.inTenant(tenantId, async (tx) => {
      const state = await this.begin(tx, now);
      const row = await tx.row<{ settled: number }>(settledHalfHours(tenantId, state.today, state.zone, new Date(now.getTime() - settlesAfterMs)));
      const until = row?.settled ?? 0;
      await this.close(tx, state, halfHoursOf(state.today, state.zone, 0, until).end);
      return until;
    }, { statementTimeoutMs: longStatementMs });
    for (let left = true; left;) {
      if (signal?.aborted === true) return;
      left = await this.rollHalfHours(tenantId, settled, now);
    }
  }

  /** Closes the days before today, takes the mark off those that are to be counted anew, and says which were asked for. */
  private async reopen(tx: TenantTransaction, now: Date): Promise<AskedRollup[]> {
    const state = await this.begin(tx, now);
    await this.close(tx, state, beginOf(state.today, state.zone));
    await tx.write(reopenDays(tx.tenantId, addDays(state.today, -doneAgain), lastDay));
    const asked = await tx.rows<AskedRollup>(sql`
      select id, from_day::text, to_day::text from rollup where tenant_id = ${tx.tenantId}::uuid and status = 'queued' order by id`);
    for (const { from_day: from, to_day: to } of asked) await tx.write(reopenDays(tx.tenantId, from, to));
    return asked;
  }

  /**
   * The state, for the one run that may change it. Waits for the batches of events under way: those after it see what is closed, and
   * note what comes late for it.
   */
  private async begin(tx: TenantTransaction, now: Date): Promise<AnalyticsState> {
    await tx.rows(lockRollup(tx.tenantId));
    await tx.write(sql`insert into analytics_state (tenant_id) values (${tx.tenantId}::uuid) on conflict (tenant_id) do nothing`);
    await tx.rows(sql`select from analytics_state where tenant_id = ${tx.tenantId}::uuid for update`);
    return await readState(tx, now);
  }

  /** Closes what is before a moment, and takes the mark off what changed since it was rolled up. */
  private async close(tx: TenantTransaction, state: AnalyticsState, until: Sql): Promise<void> {
    await tx.write(reopenLateDays(tx.tenantId, state.zone));
    const changed = await changedMembersFrom(tx, state);
    if (changed !== null) await tx.write(reopenDays(tx.tenantId, changed, lastDay));
    await tx.write(sql`
      update analytics_state set closed_until = greatest(closed_until, ${until}),
        membership_seq = coalesce((select max(seq) from membership_change where tenant_id = ${tx.tenantId}::uuid), 0)
      where tenant_id = ${tx.tenantId}::uuid`);
  }

  private async missing(tx: TenantTransaction, asked: readonly AskedRollup[], now: Date): Promise<string[]> {
    const { today } = await readState(tx, now);
    const ranges = [{ from_day: addDays(today, -rolledByItself), to_day: addDays(today, -1) }, ...asked];
    const rows = await tx.rows<{ day: string }>(sql`
      select distinct d.day::date::text as day
      from unnest(${ranges.map(({ from_day }) => from_day)}::date[], ${ranges.map(({ to_day }) => to_day)}::date[]) r (from_day, to_day)
      cross join generate_series(r.from_day, least(r.to_day, ${today}::date - 1), interval '1 day') d (day)
      where not exists (select from tenant_day t where t.tenant_id = ${tx.tenantId}::uuid and t.day = d.day::date and t.part = 'living')
      order by 1`);
    return rows.map(({ day }) => day);
  }

  private async rollDays(tenantId: string, from: string, to: string, now: Date): Promise<void> {
    await this.database.inTenant(tenantId, async (tx) => {
      await tx.rows(lockRollup(tenantId));
      // The zone may have changed since the days were found.
      const { zone, today } = await readState(tx, now);
      if (to >= today) return;
      const before = await tx.row(sql`
        select from tenant_day where tenant_id = ${tenantId}::uuid and day = ${from}::date - 1 and part = 'living'`);
      const stretch = wholeDays({ from, to, zone });
      for (const statement of rollUp(tenantId, stretch, before !== undefined)) await tx.write(statement);
    }, { statementTimeoutMs: longStatementMs });
  }

  /** The next half hours of today that lack it; whether more are left. */
  private async rollHalfHours(tenantId: string, settled: number, now: Date): Promise<boolean> {
    return await this.database.inTenant(tenantId, async (tx) => {
      await tx.rows(lockRollup(tenantId));
      const state = await readState(tx, now);
      const { halfHours: from } = await rolledHalfHours(tx, state, now, await changedMembersFrom(tx, state));
      const to = Math.min(settled, from + halfHoursAtOnce);
      if (from >= to) return false;
      const stretch = halfHoursOf(state.today, state.zone, from, to);
      for (const statement of rollUp(tenantId, stretch, false)) await tx.write(statement);
      return to < settled;
    }, { statementTimeoutMs: longStatementMs });
  }

  /** The days keep what an erased person added to them. Their late events are counted with the rest of their days. */
  private async keepTotals(tx: TenantTransaction, contactId: string): Promise<void> {
    await tx.rows(lockRollup(tx.tenantId));
    const row = await tx.row<{ timezone: string }>(sql`select timezone from analytics_state where tenant_id = ${tx.tenantId}::uuid`);
    const zone = row?.timezone ?? zoneByDefault;
    await tx.write(reopenLateDays(tx.tenantId, zone, contactId));
    await tx.write(reopenHalfHours(tx.tenantId));
    await tx.write(keepErased(tx.tenantId, contactId, { from: firstDay, to: lastDay, zone }));
  }
}

interface AskedRollup {
  readonly id: string;
  readonly from_day: string;
  readonly to_day: string;
}
