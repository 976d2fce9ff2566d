import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { findCampaign } from './campaign-rows.js';
import type { CampaignReportDto } from './dto/report.dto.js';
import { comparisonOf, countedTypes, type Counts, type GroupCounts, ratesOf } from './report-rates.js';
import { campaignEvents, comparedGroups } from './sql/report.sql.js';
import type { Waterfall } from './waterfall.js';

interface TypeRow { type: string; total: string; contacts: string; revenue: string }
interface GroupRow { holdout: GroupCounts['holdout']; contacts: string; converted: string; unsubscribed: string; revenue: string }

/** What came of a campaign. */
@Injectable()
export class ReportService {
  constructor(private readonly database: Database) {}

  /** Counts and rates of the campaign's own events up to `asOf`, and recipients beside those held out since the launch. */
  async report(tenantId: string, id: string, asOf: Date, signal?: AbortSignal): Promise<CampaignReportDto> {
    return await this.database.inSnapshot(tenantId, async (tx) => {
      const campaign = await findCampaign(tx, id);
      const { launchedAt } = campaign;
      const types = await tx.rows<TypeRow>(campaignEvents(tenantId, campaign.id, campaign.externalId, asOf));
      const groups = launchedAt === null ? [] : await tx.rows<GroupRow>(comparedGroups(tenantId, campaign.id, launchedAt, asOf));
      const counted = countsOf(types);
      return {
        campaignId: campaign.id, asOf: asOf.toISOString(), launchedAt: launchedAt?.toISOString() ?? null,
        recipients: (campaign.waterfall as Waterfall | null)?.final ?? null, ...counted,
        revenue: types.reduce((cents, { revenue }) => cents + Math.round(Number(revenue) * 100), 0) / 100,
        rates: ratesOf(counted), comparison: launchedAt === null ? [] : comparisonOf(groups.map(groupOf)),
      };
    }, signal);
  }
}

function countsOf(rows: readonly TypeRow[]): Counts {
  const found = new Map(rows.map((row) => [row.type, { total: Number(row.total), unique: Number(row.contacts) }]));
  return Object.fromEntries(countedTypes.map((type) => [type, found.get(type) ?? { total: 0, unique: 0 }])) as Counts;
}

function groupOf({ holdout, contacts, converted, unsubscribed, revenue }: GroupRow): GroupCounts {
  return { holdout, contacts: Number(contacts), converted: Number(converted), unsubscribed: Number(unsubscribed), revenue: Number(revenue) };
}
