import { Injectable } from '@nestjs/common';
import { sql, type Sql, type TenantTransaction } from '#database';
import { Wake } from '../queues/index.js';
import { type AnalyticsState, changedMembersFrom } from './analytics-state.js';
import { addDays, daysOf, runsOf } from './days.js';
import { TODAY } from './jobs/analytics.job.js';
import { measures, type Measures, noMeasures, sumOf } from './measures.js';
import { eventDays } from './sql/event-days.sql.js';
import { dayOf } from './sql/local-days.sql.js';
import { lateEvents, lateMoments } from './sql/roll-up.sql.js';
import { sizeDays } from './sql/size-days.sql.js';
import { nameOf, restOfDay, type Stretch, wholeDays } from './sql/stretch.sql.js';
import { rolledHalfHours } from './today.js';

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

type StoredRow = Record<'segment_id' | 'size' | 'entered' | 'exited' | (typeof measures)[number], string | null> & Record<'day' | 'part', string>;

/** The last half hour is settled a quarter of an hour after its end. */
const halfHoursThatLag = 2;

/**
 * Reads days: from the rollup where it has them, and from the events themselves where it has not (what is left of today,
 * days that late events touched since, days never rolled up). So an answer never waits for a rollup to be right.
 */
@Injectable()
export class ReportService {
  constructor(private readonly wake: Wake) {}

  /**
   * `to` is at most today; sizes are read from `sizesFrom` on, which is `from` or earlier. Read in one snapshot: give it a
   * repeatable-read transaction.
   */
  async days(
    tx: TenantTransaction, state: AnalyticsState, segmentIds: readonly string[], { from, to, sizesFrom = from }: { from: string; to: string; sizesFrom?: string }, now: Date,
  ): Promise<DayFigures> {
    const { zone, today } = state;
    const changed = await changedMembersFrom(tx, state, segmentIds);
    const rolled = await this.rolledDays(tx, state, changed, addDays(sizesFrom, -1), to);
    const { halfHours, present } = to === today ? await rolledHalfHours(tx, state, now, changed) : { halfHours: 0, present: 0 };
    const sums = new DaySums();
    for (const row of await tx.rows<StoredRow>(storedDays(tx.tenantId, segmentIds, sizesFrom, to))) {
      const counts = row.part === 'erased' || (row.part === 'living' ? rolled.has(row.day) : row.day === today && row.part < nameOf(halfHours));
      if (counts) sums.add(row);
    }
    const dates = daysOf(sizesFrom, to);
    const asked = dates.filter((day) => day >= from);
    const live = dates.filter((day) => !rolled.has(day) && !(day === today && halfHours > 0));
    const count = async (stretch: Stretch): Promise<void> => {
      for (const row of await tx.rows<StoredRow>(sql`
        select *, day::text as day from (${eventDays({ tenantId: tx.tenantId, stretch, segmentIds, until: now })}) live`)) sums.add(row);
    };
    const measure = async (stretch: Stretch): Promise<void> => {
      const dayBeforeIsRolled = rolled.has(addDays(stretch.from, -1));
      for (const row of await tx.rows<StoredRow>(sql`
        select *, day::text as day from (${sizeDays({ tenantId: tx.tenantId, stretch, segmentIds, dayBeforeIsRolled, until: now })}) live`)) sums.add(row);
    };
    for (const run of runsOf(live.filter((day) => day >= from))) await count(wholeDays({ ...run, zone }));
    for (const run of runsOf(live)) await measure(wholeDays({ ...run, zone }));
    if (halfHours > 0) {
      await count(restOfDay(today, zone, halfHours));
      await measure(restOfDay(today, zone, halfHours));
    }
    // Whoever asks for today again, soon does not wait as long. The answer is right without it.
    if (present - halfHours >= halfHoursThatLag) this.wake.job(TODAY, { tenantId: tx.tenantId }, { key: tx.tenantId });
    return {
      segments: new Map(segmentIds.map((id) => [id, dates.map((date) => sums.of(id, date))])),
      everyone: sumOf(asked.map((date) => sums.of(null, date))),
    };
  }

  /** The days of the range that the rollup has, and that nothing has changed since. */
  private async rolledDays(tx: TenantTransaction, state: AnalyticsState, changed: string | null, from: string, to: string): Promise<ReadonlySet<string>> {
    const rows = await tx.rows<{ day: string }>(sql`
      select t.day::text as day from tenant_day t
      where t.tenant_id = ${tx.tenantId}::uuid and t.part = 'living' and t.day between ${from}::date and ${to}::date
        and t.day < ${state.today}::date ${changed === null ? sql`` : sql`and t.day < ${changed}::date`}
        and t.day not in (select ${dayOf(sql`late.at`, state.zone)} from (${lateMoments(tx.tenantId, lateEvents(tx.tenantId))}) late)`);
    return new Set(rows.map(({ day }) => day));
  }
}

/** All parts of stored days; those that are read live are left out where the rows are added. */
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

  add(row: StoredRow): void {
    const had = this.of(row.segment_id, row.day);
    const read = Object.fromEntries(measures.map((measure) => [measure, Number(row[measure] ?? 0)])) as unknown as Measures;
    this.#days.set(keyOf(row.segment_id, row.day), {
      date: row.day, size: had.size + Number(row.size ?? 0), entered: had.entered + Number(row.entered ?? 0), exited: had.exited + Number(row.exited ?? 0),
      ...sumOf([had, read]),
    });
  }

  of(segmentId: string | null, date: string): SegmentDay {
    return this.#days.get(keyOf(segmentId, date)) ?? { date, size: 0, entered: 0, exited: 0, ...noMeasures };
  }
}

function keyOf(segmentId: string | null, date: string): string {
  return `${segmentId ?? 'everyone'} ${date}`;
}
