import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { findCampaign } from './campaign-rows.js';
import type { CampaignReportDto, ReportGroupDto } from './dto/report.dto.js';
import { campaignEvents, comparedGroups } from './sql/report.sql.js';
import type { Waterfall } from './waterfall.js';

interface TypeRow { type: string; total: string; contacts: string; revenue: string }
interface GroupRow { holdout: 'tenant' | 'campaign' | null; contacts: string; converted: string; unsubscribed: string; revenue: string }
interface Rate { rate: number | null; numerator: number; denominator: number; of: string }

/** What came of a campaign. */
@Injectable()
export class ReportService {
  constructor(private readonly database: Database) {}

  /** Counts and rates of the campaign's own events up to `asOf`, and recipients beside those held out since the launch. */
  async report(tenantId: string, id: string, asOf: Date): Promise<CampaignReportDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      const campaign = await findCampaign(tx, id);
      const { launchedAt } = campaign;
      const types = await tx.rows<TypeRow>(campaignEvents(tenantId, id, campaign.externalId, asOf));
      const groups = launchedAt === null ? [] : await tx.rows<GroupRow>(comparedGroups(tenantId, id, launchedAt, asOf));
      const counted = countsOf(types);
      return {
        campaignId: campaign.id, asOf: asOf.toISOString(), launchedAt: launchedAt?.toISOString() ?? null,
        recipients: (campaign.waterfall as Waterfall | null)?.final ?? null, ...counted,
        revenue: types.reduce((cents, { revenue }) => cents + Math.round(Number(revenue) * 100), 0) / 100,
        rates: ratesOf(counted), comparison: launchedAt === null ? [] : comparisonOf(groups),
      };
    });
  }
}

const countedTypes = ['sent', 'delivered', 'opened', 'clicked', 'replied', 'converted', 'bounced', 'unsubscribed', 'complained'] as const;
type Counts = Record<(typeof countedTypes)[number], { total: number; unique: number }>;

function countsOf(rows: readonly TypeRow[]): Counts {
  const found = new Map(rows.map((row) => [row.type, { total: Number(row.total), unique: Number(row.contacts) }]));
  return Object.fromEntries(countedTypes.map((type) => [type, found.get(type) ?? { total: 0, unique: 0 }])) as Counts;
}

function ratesOf({ sent, delivered, opened, clicked, converted, unsubscribed }: Counts): CampaignReportDto['rates'] {
  const [reached, word] = delivered.total > 0 ? [delivered.unique, 'contacts delivered to'] as const : [sent.unique, 'contacts sent to'] as const;
  return {
    delivery: rate(delivered.unique, sent.unique, 'contacts delivered to / contacts sent to'),
    open: rate(opened.unique, reached, `contacts that opened / ${word}`),
    click: rate(clicked.unique, reached, `contacts that clicked / ${word}`),
    clickToOpen: rate(clicked.unique, opened.unique, 'contacts that clicked / contacts that opened'),
    conversion: rate(converted.unique, reached, `contacts that converted / ${word}`),
    unsubscribe: rate(unsubscribed.unique, reached, `contacts that unsubscribed / ${word}`),
  };
}

function rate(numerator: number, denominator: number, of: string): Rate {
  return { rate: denominator === 0 ? null : numerator / denominator, numerator, denominator, of };
}

function comparisonOf(rows: readonly GroupRow[]): ReportGroupDto[] {
  return ([['recipients', null], ['campaign-holdout', 'campaign'], ['tenant-holdout', 'tenant']] as const).map(([group, holdout]) => {
    const row = rows.find((one) => one.holdout === holdout);
    const [contacts, converted, revenue] = [Number(row?.contacts ?? 0), Number(row?.converted ?? 0), Number(row?.revenue ?? 0)];
    return {
      group, contacts, converted, conversionRate: contacts === 0 ? null : converted / contacts,
      revenue, revenuePerContact: contacts === 0 ? null : revenue / contacts, unsubscribed: Number(row?.unsubscribed ?? 0),
    };
  });
}
