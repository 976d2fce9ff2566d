import { Injectable } from '@nestjs/common';
import { Database, Segment, type TenantTransaction } from '#database';
import { isUuid, notFound, parseDay } from '#kernel';
import { growth, leastSquaresSlope, wilsonInterval } from '#statistics';
import { notSegmentIds, periodEndsFirst, periodTooLong } from './analytics.problems.js';
import { type AnalyticsState, localDay, readState } from './analytics-state.js';
import { addDays, daysBetween } from './days.js';
import { againstAnother, againstEveryone } from './differences.js';
import type { AnalyticsDto, CompareDto, EveryoneDto, FunnelDto, MonthGrowthDto } from './dto/analytics.dto.js';
import { MeasuresDto, SegmentDayDto } from './dto/measures.dto.js';
import { type Measures, ratesOf, sumOf } from './measures.js';
import { ReportService, type SegmentDay } from './report.service.js';
import { funnel, funnelSteps } from './sql/funnel.sql.js';
import type { DayRange } from './sql/local-days.sql.js';

/** A period as it was asked for: days or instants. */
export interface AskedPeriod {
  readonly from?: string;
  readonly to?: string;
}

const longestPeriod = 3_660;
const daysByDefault = 30;

/** What happened in segments, day by day. */
@Injectable()
export class AnalyticsService {
  constructor(
    private readonly database: Database,
    private readonly reports: ReportService,
  ) {}

  /** The report of a segment. */
  async report(tenantId: string, segmentId: string, asked: AskedPeriod, now: Date): Promise<AnalyticsDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      await segmentOf(tx, segmentId);
      const state = await readState(tx, now);
      const { from, to, zone } = await periodOf(tx, state, asked);
      // From the last day before the first month on: what the first month grew from.
      const sizesFrom = addDays(`${from.slice(0, 7)}-01`, -1);
      const found = await this.reports.days(tx, state, [segmentId], { from, to, sizesFrom }, now);
      const all = found.segments.get(segmentId) ?? [];
      const days = all.filter(({ date }) => date >= from);
      const before = all.at(-1 - days.length)?.size ?? 0;
      const sums = sumOf(days);
      return {
        segmentId, from, to, timezone: zone,
        days: days.map((day) => SegmentDayDto.fromDay(day)),
        totals: { entered: sumBy(days, 'entered'), left: sumBy(days, 'exited'), ...MeasuresDto.of(sums) },
        rates: ratesOf(sums),
        sizeTrend: trendOf(before, days),
        monthOverMonth: monthsOf(all, from),
        allContacts: everyoneOf(found.everyone),
        comparison: againstEveryone(sums, found.everyone),
      };
    });
  }

  /** Several segments over the same days, each held against the first. */
  async compare(tenantId: string, ids: string, asked: AskedPeriod, now: Date): Promise<CompareDto> {
    const segmentIds = ids.split(',').map((id) => id.trim().toLowerCase());
    if (segmentIds.length < 2 || segmentIds.length > 20 || new Set(segmentIds).size < segmentIds.length) throw notSegmentIds();
    // As in a path: what is no UUID names nothing.
    const unknown = segmentIds.find((id) => !isUuid(id));
    if (unknown !== undefined) throw notFound('segment', unknown);
    return await this.database.inSnapshot(tenantId, async (tx) => {
      const segments: Segment[] = [];
      for (const id of segmentIds) segments.push(await segmentOf(tx, id));
      const state = await readState(tx, now);
      const { from, to, zone } = await periodOf(tx, state, asked);
      const found = await this.reports.days(tx, state, segmentIds, { from, to }, now);
      const figures = segments.map(({ id, name }) => {
        const days = found.segments.get(id) ?? [];
        return { id, name, size: days.at(-1)?.size ?? 0, sums: sumOf(days) };
      });
      const [first] = figures;
      return {
        from, to, timezone: zone,
        segments: figures.map(({ id, name, size, sums }) => ({
          segmentId: id, name, size, totals: MeasuresDto.of(sums), rates: ratesOf(sums),
          comparison: first === undefined || id === first.id ? againstEveryone(sums, found.everyone) : againstAnother(sums, first.sums),
        })),
        allContacts: everyoneOf(found.everyone),
      };
    });
  }

  /** How far the messages came that were sent to members in the period. */
  async funnel(tenantId: string, segmentId: string, asked: AskedPeriod, now: Date): Promise<FunnelDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      await segmentOf(tx, segmentId);
      const range = await periodOf(tx, await readState(tx, now), asked);
      const row = await tx.row<Record<string, string>>(funnel(tenantId, segmentId, range, now));
      const messages = ['sent', ...funnelSteps].map((step) => Number(row?.[step] ?? 0));
      const [sent = 0] = messages;
      return {
        segmentId, from: range.from, to: range.to, timezone: range.zone,
        steps: ['sent', ...funnelSteps].map((step, at) => {
          const [of, previous] = [messages[at] ?? 0, messages[Math.max(0, at - 1)] ?? 0];
          return {
            step, messages: of, ofPrevious: previous === 0 ? null : of / previous, ofSent: sent === 0 ? null : of / sent,
            interval: wilsonInterval({ successes: of, trials: sent }),
          };
        }),
      };
    });
  }
}

/** The segment, or a 404. */
export async function segmentOf(tx: TenantTransaction, id: string): Promise<Segment> {
  const segment = await tx.em.findOne(Segment, { tenantId: tx.tenantId, id });
  if (segment === null) throw notFound('segment', id);
  return segment;
}

/** The days of the period, up to today. */
export async function periodOf(tx: TenantTransaction, state: AnalyticsState, asked: AskedPeriod, byDefault = daysByDefault): Promise<DayRange> {
  const dayOf = async (text: string): Promise<string> => parseDay(text) ?? await localDay(tx, new Date(text), state.zone);
  const wanted = asked.to === undefined ? state.today : await dayOf(asked.to);
  const to = wanted > state.today ? state.today : wanted;
  const from = asked.from === undefined ? addDays(to, 1 - byDefault) : await dayOf(asked.from);
  if (from > to) throw periodEndsFirst();
  if (daysBetween(from, to) >= longestPeriod) throw periodTooLong(longestPeriod);
  return { from, to, zone: state.zone };
}

function everyoneOf(sums: Measures): EveryoneDto {
  return { totals: MeasuresDto.of(sums), rates: ratesOf(sums) };
}

function sumBy(days: readonly SegmentDay[], name: 'entered' | 'exited'): number {
  return days.reduce((sum, day) => sum + day[name], 0);
}

function trendOf(before: number, days: readonly SegmentDay[]): AnalyticsDto['sizeTrend'] {
  const after = days.at(-1)?.size ?? 0;
  return { before, after, growth: growth(before, after), perDay: leastSquaresSlope(days.map(({ size }) => size)) };
}

/** Of each month that the period touches, how it ended and how the one before did. */
function monthsOf(days: readonly SegmentDay[], from: string): MonthGrowthDto[] {
  const lastOf = new Map(days.map((day) => [day.date.slice(0, 7), day.size]));
  const months = [...lastOf].map(([month, size], at, all) => ({ month, size, previousSize: all[at - 1]?.[1] ?? 0 }));
  return months.filter(({ month }) => month >= from.slice(0, 7)).map((row) => ({ ...row, growth: growth(row.previousSize, row.size) }));
}
