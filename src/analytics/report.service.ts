import { Injectable } from '@nestjs/common';
import { sql, type Sql, type TenantTransaction } from '#database';
import { type AnalyticsState } from './analytics-state.js';
import { addDays, daysOf, runsOf } from './days.js';
import { measures, type Measures, noMeasures, sumOf } from './measures.js';
import { changedMembersFrom } from './rollup.service.js';
import { eventDays } from './sql/event-days.sql.js';
import { lateDays, lateEvents } from './sql/roll-up.sql.js';
import { sizeDays } from './sql/size-days.sql.js';

/** A day of a segment. */
export interface SegmentDay extends Measures {
  readonly date: string;
  /** Members at its end, or now. */
  readonly size: number;
  readonly entered: number;
  readonly exited: number;
}

/** What the days of segments and of everyone say. */
export interface DayFigures {
  /** Of each segment asked for, every day of the range; of the days before it that were asked for, sizes only. */
  readonly segments: ReadonlyMap<string, readonly SegmentDay[]>;
  readonly everyone: Measures;
}

type StoredRow = Record<'segment_id' | 'day' | 'size' | 'entered' | 'exited' | (typeof measures)[number], string | null>;

/**
 * Reads days: from the rollup where it has them, and from the events themselves where it has not (today, days that late
 * events touched since, days never rolled up). So an answer never waits for a rollup to be right.
 */
@Injectable()
export class ReportService {
  /**
   * `to` is at most today; sizes are read from `sizesFrom` on, which is `from` or earlier. Read in one snapshot: give it a
   * repeatable-read transaction.
   */
  async days(
    tx: TenantTransaction, state: AnalyticsState, segmentIds: readonly string[], { from, to, sizesFrom = from }: { from: string; to: string; sizesFrom?: string }, now: Date,
  ): Promise<DayFigures> {
    const rolled = await this.rolledDays(tx, state, segmentIds, addDays(sizesFrom, -1), to);
    const sums = new DaySums();
    sums.add(await tx.rows<StoredRow>(storedDays(tx.tenantId, segmentIds, sizesFrom, to)), (day, part) => part === 'erased' || rolled.has(day));
    const dates = daysOf(sizesFrom, to);
    const asked = dates.filter((day) => day >= from);
    const live = dates.filter((day) => !rolled.has(day));
    const scopeOf = (run: { from: string; to: string }) => ({ tenantId: tx.tenantId, range: { ...run, zone: state.zone }, segmentIds, until: now });
    for (const run of runsOf(live.filter((day) => day >= from))) {
      sums.add(await tx.rows<StoredRow>(sql`select *, day::text as day from (${eventDays(scopeOf(run))}) live`));
    }
    for (const run of runsOf(live)) {
      const dayBeforeIsRolled = rolled.has(addDays(run.from, -1));
      sums.add(await tx.rows<StoredRow>(sql`select *, day::text as day from (${sizeDays({ ...scopeOf(run), dayBeforeIsRolled })}) live`));
    }
    return {
      segments: new Map(segmentIds.map((id) => [id, dates.map((date) => sums.of(id, date))])),
      everyone: sumOf(asked.map((date) => sums.of(null, date))),
    };
  }

  /** The days of the range that the rollup has, and that nothing has changed since. */
  private async rolledDays(tx: TenantTransaction, state: AnalyticsState, segmentIds: readonly string[], from: string, to: string): Promise<ReadonlySet<string>> {
    const changed = await changedMembersFrom(tx, state, segmentIds);
    const rows = await tx.rows<{ day: string }>(sql`
      select t.day::text as day from tenant_day t
      where t.tenant_id = ${tx.tenantId}::uuid and t.part = 'living' and t.day between ${from}::date and ${to}::date
        and t.day < ${state.today}::date ${changed === null ? sql`` : sql`and t.day < ${changed}::date`}
        and t.day not in (select late.day from (${lateDays(tx.tenantId, lateEvents(tx.tenantId), state.zone)}) late)`);
    return new Set(rows.map(({ day }) => day));
  }
}

/** Both parts of stored days; the living one of days that are read live is left out where the rows are added. */
function storedDays(tenantId: string, segmentIds: readonly string[], from: string, to: string): Sql {
  const columns = sql.join(measures.map((measure) => sql.ref(measure)));
  return sql`
    select segment_id, day::text as day, part, size, entered, exited, ${columns} from segment_day
    where tenant_id = ${tenantId}::uuid and segment_id = any(${[...segmentIds]}::uuid[]) and day between ${from}::date and ${to}::date
    union all
    select null, day::text, part, 0, 0, 0, ${columns} from tenant_day
    where tenant_id = ${tenantId}::uuid and day between ${from}::date and ${to}::date`;
}

/** Rows of the same segment and day, summed. */
class DaySums {
  readonly #days = new Map<string, SegmentDay>();

  add(rows: readonly (StoredRow & { part?: string })[], counts: (day: string, part: string) => boolean = () => true): void {
    for (const row of rows) {
      const date = row.day ?? '';
      if (!counts(date, row.part ?? '')) continue;
      const had = this.of(row.segment_id, date);
      const read = Object.fromEntries(measures.map((measure) => [measure, Number(row[measure] ?? 0)])) as unknown as Measures;
      this.#days.set(keyOf(row.segment_id, date), {
        date, size: had.size + Number(row.size ?? 0), entered: had.entered + Number(row.entered ?? 0), exited: had.exited + Number(row.exited ?? 0),
        ...sumOf([had, read]),
      });
    }
  }

  of(segmentId: string | null, date: string): SegmentDay {
    return this.#days.get(keyOf(segmentId, date)) ?? { date, size: 0, entered: 0, exited: 0, ...noMeasures };
  }
}

function keyOf(segmentId: string | null, date: string): string {
  return `${segmentId ?? 'everyone'} ${date}`;
}
