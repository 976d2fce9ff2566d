import { newcombeDifference, type Proportion, wilsonInterval } from '#statistics';
import type { CampaignReportDto, RateDto, ReportGroupDto } from './dto/report.dto.js';

export const countedTypes = ['sent', 'delivered', 'opened', 'clicked', 'replied', 'converted', 'bounced', 'unsubscribed', 'complained'] as const;
export type Counts = Record<(typeof countedTypes)[number], { total: number; unique: number }>;

/** What the contacts of a launch did who were sent to (`holdout` is null), or held out. */
export interface GroupCounts {
  readonly holdout: 'tenant' | 'campaign' | null;
  readonly contacts: number;
  readonly converted: number;
  readonly unsubscribed: number;
  readonly revenue: number;
}

/** The rates of a campaign's own events, of different contacts. */
export function ratesOf({ sent, delivered, opened, clicked, converted, unsubscribed }: Counts): CampaignReportDto['rates'] {
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

/** Where events are missing the numerator may be the larger: then it is no share of the denominator, and has no interval. */
function rate(numerator: number, denominator: number, of: string): RateDto {
  const interval = numerator > denominator ? null : wilsonInterval({ successes: numerator, trials: denominator });
  return { rate: denominator === 0 ? null : numerator / denominator, interval, numerator, denominator, of };
}

/** Those sent to beside each group of those held out; chance made the groups, so that they differ by the campaign only. */
export function comparisonOf(counted: readonly GroupCounts[]): ReportGroupDto[] {
  const countsOf = (holdout: GroupCounts['holdout']): GroupCounts =>
    counted.find((one) => one.holdout === holdout) ?? { holdout, contacts: 0, converted: 0, unsubscribed: 0, revenue: 0 };
  const conversionsOf = ({ converted, contacts }: GroupCounts): Proportion => ({ successes: converted, trials: contacts });
  return ([['recipients', null], ['campaign-holdout', 'campaign'], ['tenant-holdout', 'tenant']] as const).map(([group, holdout]) => {
    const counts = countsOf(holdout);
    const { contacts, converted, unsubscribed, revenue } = counts;
    return {
      group, contacts, converted, conversionRate: contacts === 0 ? null : converted / contacts, conversionInterval: wilsonInterval(conversionsOf(counts)),
      recipientsAhead: holdout === null ? null : newcombeDifference(conversionsOf(countsOf(null)), conversionsOf(counts)),
      revenue, revenuePerContact: contacts === 0 ? null : revenue / contacts, unsubscribed,
    };
  });
}
