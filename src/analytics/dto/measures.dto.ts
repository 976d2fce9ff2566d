import { ApiProperty } from '@nestjs/swagger';
import { type Measures, rates, type RateName, ratesOf } from '../measures.js';
import type { SegmentDay } from '../report.service.js';

/** Counts of events, and revenue. */
export class MeasuresDto {
  @ApiProperty({ example: 2400 })
  sends!: number;

  @ApiProperty({ example: 2352 })
  deliveries!: number;

  @ApiProperty({ description: 'Every open.', example: 1100 })
  totalOpens!: number;

  @ApiProperty({ description: 'First opens of a contact and a campaign, on the day of the first; without a campaign, one a contact and day. So days add up.', example: 705 })
  uniqueOpens!: number;

  @ApiProperty({ description: 'Every click.', example: 240 })
  totalClicks!: number;

  @ApiProperty({ description: 'As unique opens.', example: 181 })
  uniqueClicks!: number;

  @ApiProperty({ example: 12 })
  replies!: number;

  @ApiProperty({ example: 31 })
  conversions!: number;

  @ApiProperty({ description: 'Hard and soft ones.', example: 48 })
  bounces!: number;

  @ApiProperty({ example: 7 })
  unsubscribes!: number;

  @ApiProperty({ example: 1 })
  complaints!: number;

  @ApiProperty({ description: 'The sum of `revenue` over all the events counted here.', example: 3720.5 })
  revenue!: number;

  static of(sums: Measures): MeasuresDto {
    return {
      sends: sums.sends, deliveries: sums.deliveries, totalOpens: sums.total_opens, uniqueOpens: sums.unique_opens, totalClicks: sums.total_clicks,
      uniqueClicks: sums.unique_clicks, replies: sums.replies, conversions: sums.conversions, bounces: sums.bounces,
      unsubscribes: sums.unsubscribes, complaints: sums.complaints, revenue: sums.revenue,
    };
  }
}

const rate = (description: string, example: number): object => ({ type: Number, nullable: true, description: `${description}; null where there are none of these.`, example });

/** Each rate of events of the days, over events of the same days. */
export class RatesDto {
  @ApiProperty(rate('deliveries / sends', 0.98))
  deliveryRate!: number | null;

  @ApiProperty(rate('bounces / sends', 0.02))
  bounceRate!: number | null;

  @ApiProperty(rate('uniqueOpens / deliveries', 0.3))
  openRate!: number | null;

  @ApiProperty(rate('uniqueClicks / deliveries', 0.077))
  clickRate!: number | null;

  @ApiProperty(rate('uniqueClicks / uniqueOpens', 0.257))
  clickToOpenRate!: number | null;

  @ApiProperty(rate('replies / deliveries', 0.005))
  replyRate!: number | null;

  @ApiProperty(rate('conversions / deliveries', 0.013))
  conversionRate!: number | null;

  @ApiProperty(rate('unsubscribes / deliveries', 0.003))
  unsubscribeRate!: number | null;

  @ApiProperty(rate('complaints / deliveries', 0.0004))
  complaintRate!: number | null;

  @ApiProperty(rate('revenue / deliveries', 1.58))
  revenuePerDelivery!: number | null;
}

export class SegmentDayDto extends MeasuresDto {
  @ApiProperty({ format: 'date', description: 'A day of the tenant\'s zone.' })
  date!: string;

  @ApiProperty({ description: 'Members at the end of the day; today, now.', example: 2847 })
  size!: number;

  @ApiProperty({ example: 9 })
  entered!: number;

  @ApiProperty({ example: 4 })
  left!: number;

  @ApiProperty({ type: RatesDto })
  rates!: RatesDto;

  static fromDay(day: SegmentDay): SegmentDayDto {
    return { date: day.date, size: day.size, entered: day.entered, left: day.exited, ...MeasuresDto.of(day), rates: ratesOf(day) };
  }
}

export class IntervalDto {
  @ApiProperty({ example: 0.012 })
  low!: number;

  @ApiProperty({ example: 0.048 })
  high!: number;
}

/** One rate of two sides. */
export class RateDifferenceDto {
  @ApiProperty({ enum: rates.map(({ name }) => name), enumName: 'RateName', example: 'openRate' })
  rate!: RateName;

  @ApiProperty({ type: Number, nullable: true, example: 0.3 })
  segment!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'The other side: all contacts, or the first segment of a comparison.', example: 0.27 })
  reference!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Segment minus reference.', example: 0.03 })
  difference!: number | null;

  @ApiProperty({
    type: IntervalDto, nullable: true, description: 'Of the difference, 95 % (Newcombe\'s hybrid score interval); null of revenue, and where the numerator is larger than the denominator.',
  })
  interval!: IntervalDto | null;
}
