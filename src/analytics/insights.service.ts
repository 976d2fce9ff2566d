import { Injectable } from '@nestjs/common';
import { CustomField, Database } from '#database';
import { benjaminiHochberg, equalProportionsP, type Interval, katzRatio, type Proportion } from '#statistics';
import { findSegment, MembershipService } from '../segments/index.js';
import { readState } from './analytics-state.js';
import type { CohortDto, CohortsDto, ProfileDto, ProfileValueDto, RfmDto } from './dto/insights.dto.js';
import { type AskedPeriod, periodOf } from './period.js';
import { type CohortScope, cohorts } from './sql/cohorts.sql.js';
import { populations, valueCounts } from './sql/profile.sql.js';
import { rfm } from './sql/rfm.sql.js';

const shownOfField = 50;
const falseDiscoveryRate = 0.05;
const comparedTypes = ['text', 'boolean', 'select', 'multi_select'] as const;

type Numbers<Name extends string> = Readonly<Record<Name, string>>;
interface RfmRow {
  readonly cells: readonly Readonly<Record<'recency' | 'frequency' | 'monetary' | 'contacts' | 'revenue' | 'mean_conversions' | 'mean_days_since', number>>[];
  readonly deciles: readonly Readonly<Record<'decile' | 'contacts' | 'revenue' | 'least' | 'most', number>>[];
}

/** Who the members of a segment are, and how they go on. */
@Injectable()
export class InsightsService {
  constructor(
    private readonly database: Database,
    private readonly membership: MembershipService,
  ) {}

  /** Contacts by the week in which they started, and what each later week saw of them. */
  async cohorts(
    tenantId: string, segmentId: string, asked: AskedPeriod & { by?: CohortScope['by']; weeks?: number }, now: Date,
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
      return { segmentId, by, timezone: zone, cohorts: [...found.values()] };
    });
  }

  /** Recency, frequency and monetary value of the members who converted, and their tenths by value. */
  async rfm(tenantId: string, segmentId: string, now: Date): Promise<RfmDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      await findSegment(tx, segmentId);
      const { cells, deciles } = await tx.row<RfmRow>(rfm(tenantId, segmentId, now)) ?? { cells: [], deciles: [] };
      const cents = deciles.map(({ revenue }) => Math.round(revenue * 100));
      const all = cents.reduce((sum, of) => sum + of, 0);
      const shareOf = (of: number): number | null => (all > 0 ? of / all : null);
      return {
        segmentId, customers: cells.reduce((sum, { contacts }) => sum + contacts, 0), revenue: all / 100,
        cells: cells.map(({ recency, frequency, monetary, contacts, revenue, mean_conversions: meanConversions, mean_days_since: meanDaysSince }) => ({
          recency, frequency, monetary, contacts, revenue, meanConversions, meanDaysSince,
        })),
        deciles: deciles.map(({ decile, contacts, revenue, least, most }, at) => ({
          decile, contacts, revenue, share: shareOf(cents[at] ?? 0),
          cumulativeShare: shareOf(cents.slice(0, at + 1).reduce((sum, of) => sum + of, 0)), least, most,
        })),
      };
    });
  }

  /** Which values members have more or less often than all contacts, corrected for looking at so many. */
  async profile(tenantId: string, segmentId: string, now: Date): Promise<ProfileDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      await findSegment(tx, segmentId);
      const fields = await tx.em.find(CustomField, { tenantId, type: { $in: [...comparedTypes] } });
      const membersNow = this.membership.membersOf(tenantId, [segmentId]);
      const size = await tx.row<Numbers<'members' | 'contacts'>>(populations(tenantId, membersNow));
      const [members, contacts] = [Number(size?.members ?? 0), Number(size?.contacts ?? 0)];
      const rows = await tx.rows<{ field: string; value: string } & Numbers<'inside' | 'everywhere'>>(
        valueCounts(tenantId, membersNow, fields.map(({ id }) => id), now));
      const names = new Map(fields.map(({ id, key }) => [`customField:${id}`, `customField.${key}`]));
      const read = rows.map((row) => valueOf(row, members, contacts));
      const corrected = benjaminiHochberg(read.map(({ pValue }) => pValue));
      const byField = new Map<string, ProfileValueDto[]>();
      for (const [at, value] of read.entries()) {
        const field = names.get(rows[at]?.field ?? '') ?? rows[at]?.field ?? '';
        const qValue = corrected[at] ?? 1;
        byField.set(field, [...byField.get(field) ?? [], { ...value, qValue, significant: qValue <= falseDiscoveryRate }]);
      }
      return {
        segmentId, members, contacts, tested: read.length,
        fields: [...byField].sort(([a], [b]) => (a < b ? -1 : 1)).map(([field, values]) => ({
          field, values: values.sort((a, b) => a.pValue - b.pValue || b.contacts - a.contacts || (a.value < b.value ? -1 : 1)).slice(0, shownOfField),
        })),
      };
    });
  }
}

function valueOf(
  row: { value: string; inside: string; everywhere: string }, members: number, contacts: number,
): Omit<ProfileValueDto, 'qValue' | 'significant'> {
  const own = { successes: Number(row.inside), trials: members };
  const others = { successes: Number(row.everywhere) - own.successes, trials: contacts - members };
  const contactShare = Number(row.everywhere) / contacts;
  const memberShare = members === 0 ? 0 : own.successes / members;
  const lift = memberShare / contactShare;
  return {
    value: row.value, members: own.successes, memberShare, contacts: Number(row.everywhere), contactShare, lift,
    liftInterval: liftInterval(own, others), pValue: equalProportionsP(own, others),
    representation: lift > 1 ? 'over' : lift < 1 ? 'under' : 'equal',
  };
}

/**
 * Of members' share over everyone's, whom the members are a part of. It rises with the ratio r of members to others, which are
 * apart: lift = N / (n + m / r), of n members and m others; so its interval is that of r, each end put through this.
 */
function liftInterval(own: Proportion, others: Proportion): Interval | null {
  const found = katzRatio(own, others);
  if (found === null) return null;
  const liftAt = (ratio: number): number => (own.trials + others.trials) / (own.trials + others.trials / ratio);
  return { low: liftAt(found.interval.low), high: liftAt(found.interval.high) };
}
