import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, ValidateNested } from 'class-validator';
import { ContactDto } from '../../contacts/index.js';
import { Decimal, Flag, JsonList, OneOf, WholeNumber } from '../../http/index.js';
import { exampleRules, rulesSchema } from '../../rules-engine/index.js';
import { type CapOrder, capOrders } from '../audience.js';
import type { Waterfall } from '../waterfall.js';

const sourceSchema = {
  type: 'object',
  properties: {
    segmentId: { type: 'string', format: 'uuid', description: 'A segment, dynamic or static; or else:' },
    rules: { ...rulesSchema, description: 'Rules that stand for themselves.' },
    name: { type: 'string', maxLength: 200, description: 'What the rules are called in the waterfall.' },
  },
};

export class FrequencyCapDto {
  @WholeNumber({ description: 'Who was reached by as many other campaigns …', min: 1, max: 1000, example: 3 })
  campaigns!: number;

  @WholeNumber({ description: '… within so many days (of 24 hours) is left out.', min: 1, max: 366, example: 7 })
  days!: number;
}

export class CapDto {
  @WholeNumber({ description: 'At most so many contacts, those held out included.', min: 1, max: 1_000_000_000, example: 10_000 })
  limit!: number;

  @OneOf(capOrders, { description: 'Which come first; `-` is descending. `random` is stable. Ties go by id; without a lead score comes last.', example: '-leadScore' })
  order!: CapOrder;
}

export class AudienceDto {
  @JsonList({ description: 'Whom it is for: all of these together. Each is a segment or rules.', schema: sourceSchema, max: 50, example: [{ name: 'Engaged', rules: exampleRules }] })
  include!: object[];

  @JsonList({
    description: 'Who of them is left out, in this order.', schema: sourceSchema, max: 50, optional: true,
    example: [{ name: 'Canada', rules: { match: 'all', groups: [{ match: 'all', conditions: [{ field: 'contact.country', operator: 'equals', value: 'Canada' }] }] } }],
  })
  exclude?: object[];

  @Flag({ description: 'Whether the tenant\'s list of suppressed addresses and domains is heeded; default true.', optional: true, example: true })
  suppressionList?: boolean;

  @ApiProperty({ type: FrequencyCapDto, required: false, nullable: true, description: 'Launches here count, and `sent` events of any campaign.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => FrequencyCapDto)
  frequencyCap?: FrequencyCapDto | null;

  @Decimal({ description: 'Percent of what the other steps leave that is not sent it, to be compared with; default 0.', min: 0, max: 100, optional: true, example: 5 })
  holdoutPercent?: number;

  @ApiProperty({ type: CapDto, required: false, nullable: true })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CapDto)
  cap?: CapDto | null;
}

export class AudiencePreviewQueryDto {
  @WholeNumber({ description: 'How many contacts to show; default 10.', min: 0, max: 1000, optional: true, example: 10 })
  sampleLimit?: number;
}

export class WaterfallIncludeDto {
  @ApiProperty({ description: 'Its place in `include`.' })
  index!: number;

  @ApiProperty({ format: 'uuid', required: false })
  segmentId?: string;

  @ApiProperty({ required: false })
  name?: string;

  @ApiProperty({ description: 'How many contacts it matches.' })
  matches!: number;

  @ApiProperty({ description: 'How many of them no include before it matches.' })
  brings!: number;
}

export class WaterfallStepDto {
  @ApiProperty({
    enum: ['excluded', 'suppressed-segment', 'unsubscribed', 'bounced', 'complained', 'suppressed-address', 'suppressed-domain', 'frequency-cap', 'cap', 'tenant-holdout', 'campaign-holdout'],
  })
  step!: string;

  @ApiProperty({ required: false, description: 'Of an exclusion its place in `exclude`.' })
  index?: number;

  @ApiProperty({ format: 'uuid', required: false })
  segmentId?: string;

  @ApiProperty({ required: false })
  name?: string;

  @ApiProperty({ description: 'How many it takes from what the steps before left.' })
  removed!: number;

  @ApiProperty({ description: 'How many are left after it.' })
  remaining!: number;
}

export class WaterfallDto {
  @ApiProperty({ description: 'How many the includes name together, each contact once.' })
  included!: number;

  @ApiProperty({ type: [WaterfallIncludeDto] })
  include!: readonly WaterfallIncludeDto[];

  @ApiProperty({ type: [WaterfallStepDto], description: 'In the order applied: `included` less all `removed` is `final`.' })
  steps!: readonly WaterfallStepDto[];

  @ApiProperty({ description: 'How many are sent the campaign.' })
  final!: number;

  /** Of a stored one too, whose members the database gives back in an order of its own: a launch is answered with the same bytes again. */
  static of({ included, include, steps, final }: Waterfall): WaterfallDto {
    return {
      included,
      include: include.map(({ index, segmentId, name, matches, brings }) => ({ index, ...named(segmentId, name), matches, brings })),
      steps: steps.map(({ step, index, segmentId, name, removed, remaining }) => ({ step, ...(index === undefined ? {} : { index }), ...named(segmentId, name), removed, remaining })),
      final,
    };
  }
}

function named(segmentId: string | undefined, name: string | undefined): { segmentId?: string; name?: string } {
  return { ...(segmentId === undefined ? {} : { segmentId }), ...(name === undefined ? {} : { name }) };
}

export class AudiencePreviewDto extends WaterfallDto {
  @ApiProperty({ format: 'date-time' })
  asOf!: string;

  @ApiProperty({ type: [ContactDto], description: 'Some of those who would be sent it: the first by the order of the cap, else by id.' })
  sample!: ContactDto[];
}
