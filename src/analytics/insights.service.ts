import { Injectable } from '@nestjs/common';
import { CustomField, Database, type TenantTransaction } from '#database';
import { benjaminiHochberg, equalProportionsP, type Interval, katzRatio, type Proportion } from '#statistics';
import { allBuckets, findSegment, standingOf, standingView } from '../segments/index.js';
import { readState } from './analytics-state.js';
import type { CohortDto, CohortsDto, ProfileDto, ProfileValueDto, RfmDto } from './dto/insights.dto.js';
import { type AskedPeriod, periodOf } from './period.js';
import { bucketsOf } from './profile-sample.js';
import { type CohortScope, cohorts } from './sql/cohorts.sql.js';
import { isBanded, populations, type ProfiledField, type ProfileScope, quartiles, valueCounts } from './sql/profile.sql.js';
import { rfm } from './sql/rfm.sql.js';

const shownOfField = 50;
const falseDiscoveryRate = 0.05;

type Numbers<Name extends string> = Readonly<Record<Name, string>>;
interface ValueRow extends Numbers<'inside' | 'outside'> { readonly field: string; readonly value: string }
/** What begins each band but the first, ascending: numbers, or days. */
type Bounds = readonly (number | string)[];
interface RfmRow {
  readonly cells: readonly Readonly<Record<'recency' | 'frequency' | 'monetary' | 'contacts' | 'revenue' | 'mean_conversions' | 'mean_days_since', number>>[];
  readonly deciles: readonly Readonly<Record<'decile' | 'contacts' | 'revenue' | 'least' | 'most', number>>[];
}

/** Who the members of a segment are, and how they go on. */
@Injectable()
export class InsightsService {
  constructor(private readonly database: Database) {}

  /** Contacts by the week in which they started, and what each later week saw of them. */
  async cohorts(
    tenantId: string, segmentId: string, asked: AskedPeriod & { by?: CohortScope['by']; weeks?: number }, now: Date, signal?: AbortSignal,
  ): Promise<CohortsDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      await findSegment(tx, segmentId);
      const { by = 'entry', weeks = 12 } = asked;
      const { from, to, zone } = await periodOf(tx, await readState(tx, now), asked, weeks * 7);
      const rows = await tx.rows<{ cohort: string } & Numbers<'size' | 'week' | 'retained' | 'active' | 'converted' | 'conversions' | 'revenue'>>(
        cohorts({ tenantId, segmentId, zone, from, to, by, weeks, now }));
      const found = new Map<string, CohortDto>();
      for (const row of rows) {
        const cohort = found.get(row.cohort) ?? { week: row.cohort, size: Number(row.size), weeks: [] };
        cohort.weeks.push({
          week: Number(row.week), retained: Number(row.retained), active: Number(row.active), converted: Number(row.converted),
          conversions: Number(row.conversions), revenue: Number(row.revenue),
        });
        found.set(row.cohort, cohort);
      }
      return { segmentId, ...standingView(await standingOf(tx, segmentId)), by, timezone: zone, cohorts: [...found.values()] };
    }, signal);
  }

  /** Recency, frequency and monetary value of the members who converted, and their tenths by value. */
  async rfm(tenantId: string, segmentId: string, now: Date, signal?: AbortSignal): Promise<RfmDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      await findSegment(tx, segmentId);
      const { cells, deciles } = await tx.row<RfmRow>(rfm(tenantId, segmentId, now)) ?? { cells: [], deciles: [] };
      const cents = deciles.map(({ revenue }) => Math.round(revenue * 100));
      const all = cents.reduce((sum, of) => sum + of, 0);
      const shareOf = (of: number): number | null => (all > 0 ? of / all : null);
      return {
        segmentId, ...standingView(await standingOf(tx, segmentId)), customers: cells.reduce((sum, { contacts }) => sum + contacts, 0), revenue: all / 100,
        cells: cells.map(({ recency, frequency, monetary, contacts, revenue, mean_conversions: meanConversions, mean_days_since: meanDaysSince }) => ({
          recency, frequency, monetary, contacts, revenue, meanConversions, meanDaysSince,
        })),
        deciles: deciles.map(({ decile, contacts, revenue, least, most }, at) => ({
          decile, contacts, revenue, share: shareOf(cents[at] ?? 0),
          cumulativeShare: shareOf(cents.slice(0, at + 1).reduce((sum, of) => sum + of, 0)), least, most,
        })),
      };
    }, signal);
  }

  /** Which values members have more or less often than all contacts, corrected for looking at so many. */
  async profile(tenantId: string, segmentId: string, now: Date, signal?: AbortSignal): Promise<ProfileDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      await findSegment(tx, segmentId);
      const fields = (await tx.em.find(CustomField, { tenantId })).map(({ id, key, type }) => ({ id, key, type }));
      const size = await tx.row<Numbers<'members' | 'contacts'> & { readonly later_events: boolean }>(populations(tenantId, segmentId, now));
      const scope = { tenantId, segmentId, now, laterEvents: size?.later_events ?? false, ...bucketsOf(Number(size?.contacts ?? 0), Number(size?.members ?? 0)) };
      const bounds = await this.bounds(tx, scope, fields.filter(isBanded));
      // A hash table for each field: with the default of 4 MB, those of fields with many values would go to disk.
      await tx.giveMemory();
      const rows = await tx.rows<ValueRow>(valueCounts(scope, fields.filter((field) => !isBanded(field) || bounds.has(field.id)), bounds));
      const looked = lookedAt(rows);
      const sampled = scope.buckets < allBuckets;
      const members = sampled ? Number(size?.members ?? 0) : looked.members;
      const others = sampled ? Math.max(Number(size?.contacts ?? 0) - members, looked.others) : looked.others;
      const read = rows.map((row) => valueOf(row, looked, { members, others }));
      const corrected = benjaminiHochberg(read.map(({ pValue }) => pValue));
      const byId = new Map(fields.map((field) => [`customField:${field.id}`, field]));
      const byField = new Map<string, ProfileValueDto[]>();
      for (const [at, value] of read.entries()) {
        const field = rows[at]?.field ?? '';
        const custom = byId.get(field);
        const name = custom === undefined ? field : `customField.${custom.key}`;
        const bandsOf = custom === undefined ? undefined : bounds.get(custom.id);
        const qValue = corrected[at] ?? 1;
        byField.set(name, [...byField.get(name) ?? [], {
          ...value, value: bandsOf === undefined ? value.value : nameOfBand(bandsOf, Number(value.value)), qValue, significant: qValue <= falseDiscoveryRate,
        }]);
      }
      return {
        segmentId, ...standingView(await standingOf(tx, segmentId)), members, contacts: members + others, sampled: sampled ? looked : null, tested: read.length,
        fields: [...byField].sort(([a], [b]) => (a < b ? -1 : 1)).map(([field, values]) => ({
          field, values: values.sort((a, b) => a.pValue - b.pValue || b.contacts - a.contacts || (a.value < b.value ? -1 : 1)).slice(0, shownOfField),
        })),
      };
    }, signal);
  }

  /** The different quartiles of each field that has values among the contacts looked at, by its id; there are no bands of another. */
  private async bounds(tx: TenantTransaction, scope: ProfileScope, fields: readonly ProfiledField[]): Promise<ReadonlyMap<string, Bounds>> {
    if (fields.length === 0) return new Map();
    const row = await tx.row<{ bounds: (Bounds | null)[] }>(quartiles(scope, fields));
    return new Map(fields.flatMap(({ id }, at): [string, Bounds][] => {
      const own = row?.bounds[at] ?? null;
      return own === null ? [] : [[id, [...new Set<number | string>(own)]]];
    }));
  }
}

/** How many were looked at: each of them has converted, or has not. */
function lookedAt(rows: readonly ValueRow[]): { members: number; others: number } {
  const sum = (of: 'inside' | 'outside'): number => rows.reduce((all, row) => (row.field === 'hasConverted' ? all + Number(row[of]) : all), 0);
  return { members: sum('inside'), others: sum('outside') };
}

/** The name of a band by its place among the bounds, each of which begins one. */
function nameOfBand(bounds: Bounds, place: number): string {
  const [from, to] = [bounds[place - 1], bounds[place]];
  const day = typeof (from ?? to) === 'string';
  if (from === undefined) return `${day ? 'before' : 'under'} ${to}`;
  return to === undefined ? `${from} ${day ? 'or later' : 'and over'}` : `${from} to ${day ? 'before' : 'under'} ${to}`;
}

/** Of a sample, tests and intervals go by whom was looked at, of either side, and shares of everyone by how many there are of each. */
function valueOf(
  row: ValueRow, looked: { members: number; others: number }, all: { members: number; others: number },
): Omit<ProfileValueDto, 'qValue' | 'significant'> {
  const own = { successes: Number(row.inside), trials: looked.members };
  const others = { successes: Number(row.outside), trials: looked.others };
  const members = looked.members === 0 ? 0 : own.successes * all.members / looked.members;
  const contacts = members + (looked.others === 0 ? 0 : others.successes * all.others / looked.others);
  const memberShare = all.members === 0 ? 0 : members / all.members;
  const contactShare = contacts / (all.members + all.others);
  const lift = memberShare / contactShare;
  return {
    value: row.value, members: Math.round(members), memberShare, contacts: Math.round(contacts), contactShare, lift,
    liftInterval: liftInterval(own, others, all), pValue: equalProportionsP(own, others),
    representation: lift > 1 ? 'over' : lift < 1 ? 'under' : 'equal',
  };
}

/**
 * Of members' share over everyone's, whom the members are a part of. It rises with the ratio r of members to others, which are
 * apart: lift = N / (n + m / r), of n members and m others; so its interval is that of r, each end put through this.
 */
function liftInterval(own: Proportion, others: Proportion, all: { members: number; others: number }): Interval | null {
  const found = katzRatio(own, others);
  if (found === null) return null;
  const liftAt = (ratio: number): number => (all.members + all.others) / (all.members + all.others / ratio);
  return { low: liftAt(found.interval.low), high: liftAt(found.interval.high) };
}
