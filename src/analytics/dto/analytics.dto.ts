import { ApiProperty } from '@nestjs/swagger';
import { Day, OneOf, Text, WholeNumberQuery } from '../../http/index.js';
import { StandingDto } from '../../segments/index.js';
import { IntervalDto, MeasuresDto, RateDifferenceDto, RatesDto, SegmentDayDto } from './measures.dto.js';

export class PeriodQuery {
  @Day({ description: 'The first day, in the tenant\'s zone (an instant means the day that it falls on). Default: 29 days before `to`.', optional: true, example: '2026-11-01' })
  from?: string;

  @Day({ description: 'The last day, included. Default, and at most: today.', optional: true, example: '2026-11-30' })
  to?: string;
}

export class CompareQuery extends PeriodQuery {
  @Text({ description: 'Ids of 2 to 20 segments, with commas between. Each is held against the first.', max: 1000 })
  ids!: string;
}

export class CohortsQuery extends PeriodQuery {
  @OneOf(['entry', 'firstConversion'], { description: 'By the week of the first entry into the segment, or the present members by the week of their first conversion.', optional: true })
  by?: 'entry' | 'firstConversion';

  @WholeNumberQuery({ description: 'How many weeks each cohort is followed; default 12.', min: 1, max: 104, optional: true })
  weeks?: number;
}

export class PeriodTotalsDto extends MeasuresDto {
  @ApiProperty({ example: 140 })
  entered!: number;

  @ApiProperty({ example: 92 })
  left!: number;
}

export class EveryoneDto {
  @ApiProperty({ type: MeasuresDto })
  totals!: MeasuresDto;

  @ApiProperty({ type: RatesDto })
  rates!: RatesDto;
}

export class SizeTrendDto {
  @ApiProperty({ description: 'At the end of the day before the first.', example: 2799 })
  before!: number;

  @ApiProperty({ description: 'At the end of the last day, or now.', example: 2847 })
  after!: number;

  @ApiProperty({ type: Number, nullable: true, description: '(after - before) / before.', example: 0.017 })
  growth!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Members a day, by the straight line of least squares through the days\' sizes.', example: 1.6 })
  perDay!: number | null;
}

export class MonthGrowthDto {
  @ApiProperty({ description: 'A month that the period touches.', example: '2026-11' })
  month!: string;

  @ApiProperty({ description: 'At the end of the month, or of the period where that ends in it.', example: 2847 })
  size!: number;

  @ApiProperty({ description: 'At the end of the month before.', example: 2799 })
  previousSize!: number;

  @ApiProperty({ type: Number, nullable: true, description: '(size - previousSize) / previousSize; null from nothing.', example: 0.017 })
  growth!: number | null;
}

export class AnalyticsDto extends StandingDto {
  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty({ format: 'date' })
  from!: string;

  @ApiProperty({ format: 'date' })
  to!: string;

  @ApiProperty({ description: 'The zone of the days: the tenant\'s.', example: 'UTC' })
  timezone!: string;

  @ApiProperty({ type: [SegmentDayDto], description: 'Every day of the period. An event counts for a segment where its contact was a member when it happened.' })
  days!: SegmentDayDto[];

  @ApiProperty({ type: PeriodTotalsDto, description: 'The sums of the days.' })
  totals!: PeriodTotalsDto;

  @ApiProperty({ type: RatesDto, description: 'Of the totals.' })
  rates!: RatesDto;

  @ApiProperty({ type: SizeTrendDto })
  sizeTrend!: SizeTrendDto;

  @ApiProperty({ type: [MonthGrowthDto] })
  monthOverMonth!: MonthGrowthDto[];

  @ApiProperty({ type: EveryoneDto, description: 'The same over all contacts.' })
  allContacts!: EveryoneDto;

  @ApiProperty({ type: [RateDifferenceDto], description: 'Each rate against that of all contacts, the segment\'s included.' })
  comparison!: RateDifferenceDto[];
}

export class ComparedSegmentDto extends StandingDto {
  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty({ example: 'Highly engaged' })
  name!: string;

  @ApiProperty({ example: 2847 })
  size!: number;

  @ApiProperty({ type: MeasuresDto })
  totals!: MeasuresDto;

  @ApiProperty({ type: RatesDto })
  rates!: RatesDto;

  @ApiProperty({ type: [RateDifferenceDto], description: 'Against the first segment; of the first, against all contacts. Intervals take two segments as if no message counted for both.' })
  comparison!: RateDifferenceDto[];
}

export class CompareDto {
  @ApiProperty({ format: 'date' })
  from!: string;

  @ApiProperty({ format: 'date' })
  to!: string;

  @ApiProperty({ example: 'UTC' })
  timezone!: string;

  @ApiProperty({ type: [ComparedSegmentDto] })
  segments!: ComparedSegmentDto[];

  @ApiProperty({ type: EveryoneDto })
  allContacts!: EveryoneDto;
}

export class FunnelStepDto {
  @ApiProperty({ enum: ['sent', 'delivered', 'opened', 'clicked', 'converted'] })
  step!: string;

  @ApiProperty({ description: 'Messages that came to this step or a later one.', example: 705 })
  messages!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'Of those of the step before.', example: 0.3 })
  ofPrevious!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Of those sent.', example: 0.294 })
  ofSent!: number | null;

  @ApiProperty({ type: IntervalDto, nullable: true, description: 'Of `ofSent`, Wilson\'s, 95 %.' })
  interval!: IntervalDto | null;
}

export class FunnelDto extends StandingDto {
  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty({ format: 'date' })
  from!: string;

  @ApiProperty({ format: 'date' })
  to!: string;

  @ApiProperty({ example: 'UTC' })
  timezone!: string;

  @ApiProperty({ type: [FunnelStepDto] })
  steps!: FunnelStepDto[];
}
