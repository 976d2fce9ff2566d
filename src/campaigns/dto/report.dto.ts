import { ApiProperty } from '@nestjs/swagger';
import { IntervalDto } from '../../analytics/index.js';

class CountedDto {
  @ApiProperty({ description: 'Events.' })
  total!: number;

  @ApiProperty({ description: 'Different contacts that have one.' })
  unique!: number;
}

export class RateDto {
  @ApiProperty({ type: Number, nullable: true, description: 'numerator / denominator; null where that is 0.', example: 0.312 })
  rate!: number | null;

  @ApiProperty({ type: IntervalDto, nullable: true, description: 'Of the rate, 95 % (Wilson\'s score interval); null where the denominator is 0, or smaller than the numerator.' })
  interval!: IntervalDto | null;

  @ApiProperty()
  numerator!: number;

  @ApiProperty()
  denominator!: number;

  @ApiProperty({ description: 'What the two count.', example: 'contacts that opened / contacts delivered to' })
  of!: string;
}

class CampaignRatesDto {
  @ApiProperty({ type: RateDto })
  delivery!: RateDto;

  @ApiProperty({ type: RateDto })
  open!: RateDto;

  @ApiProperty({ type: RateDto })
  click!: RateDto;

  @ApiProperty({ type: RateDto })
  clickToOpen!: RateDto;

  @ApiProperty({ type: RateDto })
  conversion!: RateDto;

  @ApiProperty({ type: RateDto })
  unsubscribe!: RateDto;
}

export class HoldoutDifferenceDto {
  @ApiProperty({ description: 'Conversion rate of the recipients less that of the group.', example: 0.021 })
  difference!: number;

  @ApiProperty({ type: IntervalDto, description: 'Of the difference, 95 % (Newcombe\'s hybrid score interval). Where 0 lies in it, chance alone may be the difference.' })
  interval!: IntervalDto;
}

export class ReportGroupDto {
  @ApiProperty({ enum: ['recipients', 'campaign-holdout', 'tenant-holdout'] })
  group!: string;

  @ApiProperty({ description: 'Contacts of the launch that are still there: the denominator of what follows.' })
  contacts!: number;

  @ApiProperty({ description: 'Of them, with a `converted` event since the launch, whichever its campaign.' })
  converted!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'converted / contacts.' })
  conversionRate!: number | null;

  @ApiProperty({ type: IntervalDto, nullable: true, description: 'Of the conversion rate, 95 % (Wilson\'s score interval); null where there is no contact.' })
  conversionInterval!: IntervalDto | null;

  @ApiProperty({ type: HoldoutDifferenceDto, nullable: true, description: 'How far the recipients are ahead of the group; null of the recipients themselves, and where one of the two has no contact.' })
  recipientsAhead!: HoldoutDifferenceDto | null;

  @ApiProperty({ description: 'Summed over their events of any type since the launch.' })
  revenue!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'revenue / contacts.' })
  revenuePerContact!: number | null;

  @ApiProperty({ description: 'Of them, with an `unsubscribed` event since the launch.' })
  unsubscribed!: number;
}

export class CampaignReportDto {
  @ApiProperty({ format: 'uuid' })
  campaignId!: string;

  @ApiProperty({ format: 'date-time', description: 'Events up to this moment.' })
  asOf!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  launchedAt!: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'How many it was launched to; it stays when a person is erased. null before the launch.' })
  recipients!: number | null;

  @ApiProperty({ type: CountedDto })
  sent!: CountedDto;

  @ApiProperty({ type: CountedDto })
  delivered!: CountedDto;

  @ApiProperty({ type: CountedDto })
  opened!: CountedDto;

  @ApiProperty({ type: CountedDto })
  clicked!: CountedDto;

  @ApiProperty({ type: CountedDto })
  replied!: CountedDto;

  @ApiProperty({ type: CountedDto })
  converted!: CountedDto;

  @ApiProperty({ type: CountedDto })
  bounced!: CountedDto;

  @ApiProperty({ type: CountedDto })
  unsubscribed!: CountedDto;

  @ApiProperty({ type: CountedDto })
  complained!: CountedDto;

  @ApiProperty({ description: 'Summed over the campaign\'s events of any type.' })
  revenue!: number;

  @ApiProperty({ type: CampaignRatesDto, description: 'Of different contacts. Where no `delivered` events come in, what was sent stands for what was delivered.' })
  rates!: CampaignRatesDto;

  @ApiProperty({ type: [ReportGroupDto], description: 'Recipients beside those held out, by what each did since the launch whatever brought it about. Empty before the launch.' })
  comparison!: ReportGroupDto[];
}
