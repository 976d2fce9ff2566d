import { Injectable } from '@nestjs/common';
import { Database, type Segment } from '#database';
import { growth, leastSquaresSlope, wilsonInterval } from '#statistics';
import { alwaysRight, findSegment, readSegmentIds, standingOf, standingsOf, standingView } from '../segments/index.js';
import { readState } from './analytics-state.js';
import { addDays } from './days.js';
import { againstAnother, againstEveryone } from './differences.js';
import type { AnalyticsDto, CompareDto, EveryoneDto, FunnelDto, MonthGrowthDto } from './dto/analytics.dto.js';
import { MeasuresDto, SegmentDayDto } from './dto/measures.dto.js';
import { type Measures, ratesOf, sumOf } from './measures.js';
import { type AskedPeriod, periodOf } from './period.js';
import { ReportService, type SegmentDay } from './report.service.js';
import { funnel, funnelSteps } from './sql/funnel.sql.js';

/** What happened in segments, day by day. */
@Injectable()
export class AnalyticsService {
  constructor(
    private readonly database: Database,
    private readonly reports: ReportService,
  ) {}

  /** The report of a segment. */
  async report(tenantId: string, segmentId: string, asked: AskedPeriod, now: Date, signal?: AbortSignal): Promise<AnalyticsDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      await findSegment(tx, segmentId);
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
        segmentId, ...standingView(await standingOf(tx, segmentId)), from, to, timezone: zone,
        days: days.map((day) => SegmentDayDto.fromDay(day)),
        totals: { entered: sumBy(days, 'entered'), left: sumBy(days, 'exited'), ...MeasuresDto.of(sums) },
        rates: ratesOf(sums),
        sizeTrend: trendOf(before, days),
        monthOverMonth: monthsOf(all, from),
        allContacts: everyoneOf(found.everyone),
        comparison: againstEveryone(sums, found.everyone),
      };
    }, signal);
  }

  /** Several segments over the same days, each held against the first. */
  async compare(tenantId: string, ids: string, asked: AskedPeriod, now: Date, signal?: AbortSignal): Promise<CompareDto> {
    const segmentIds = readSegmentIds(ids);
    return await this.database.inSnapshot(tenantId, async (tx) => {
      const segments: Segment[] = [];
      for (const id of segmentIds) segments.push(await findSegment(tx, id));
      const state = await readState(tx, now);
      const { from, to, zone } = await periodOf(tx, state, asked);
      const found = await this.reports.days(tx, state, segmentIds, { from, to }, now);
      const figures = segments.map(({ id, name }) => {
        const days = found.segments.get(id) ?? [];
        return { id, name, size: days.at(-1)?.size ?? 0, sums: sumOf(days) };
      });
      const standings = await standingsOf(tx, segmentIds);
      const [first] = figures;
      return {
        from, to, timezone: zone,
        segments: figures.map(({ id, name, size, sums }) => ({
          segmentId: id, name, ...standingView(standings.get(id) ?? alwaysRight), size, totals: MeasuresDto.of(sums), rates: ratesOf(sums),
          comparison: first === undefined || id === first.id ? againstEveryone(sums, found.everyone) : againstAnother(sums, first.sums),
        })),
        allContacts: everyoneOf(found.everyone),
      };
    }, signal);
  }

  /** How far the messages came that were sent to members in the period. */
  async funnel(tenantId: string, segmentId: string, asked: AskedPeriod, now: Date, signal?: AbortSignal): Promise<FunnelDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      await findSegment(tx, segmentId);
      const range = await periodOf(tx, await readState(tx, now), asked);
      // Messages of a month by the ten thousand: with the default of 4 MB they go to disk.
      await tx.giveMemory();
      const row = await tx.row<Record<string, string>>(funnel(tenantId, segmentId, range, now));
      const messages = ['sent', ...funnelSteps].map((step) => Number(row?.[step] ?? 0));
      const [sent = 0] = messages;
      return {
        segmentId, ...standingView(await standingOf(tx, segmentId)), from: range.from, to: range.to, timezone: range.zone,
        steps: ['sent', ...funnelSteps].map((step, at) => {
          const [of, previous] = [messages[at] ?? 0, messages[Math.max(0, at - 1)] ?? 0];
          return {
            step, messages: of, ofPrevious: previous === 0 ? null : of / previous, ofSent: sent === 0 ? null : of / sent,
            interval: wilsonInterval({ successes: of, trials: sent }),
          };
        }),
      };
    }, signal);
  }
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
