import { ApiProperty } from '@nestjs/swagger';
import { ContactDto } from '../../contacts/index.js';
import { Flag, Id, Instant, JsonValue, WholeNumber } from '../../http/index.js';
import { exampleRules, rulesSchema } from '../../rules-engine/index.js';
import { DependentDto } from './segment.dto.js';
import { StandingDto } from './standing.dto.js';

export class PreviewDto {
  @JsonValue({ description: 'The rules to try.', schema: rulesSchema, example: exampleRules })
  rules!: unknown;

  @Instant({ description: 'The moment to evaluate at; default now.', optional: true, example: '2026-11-20T09:30:00Z' })
  asOf?: string;

  @WholeNumber({ description: 'How many matching contacts to show; default 10.', min: 0, max: 1000, optional: true, example: 10 })
  sampleLimit?: number;

  @Flag({ description: 'Insist on an exact count. Without it a tenant with more than 100,000 contacts may be answered an estimate.', optional: true, example: true })
  exact?: boolean;

  @Flag({ description: 'For each group and condition whom it is true for and whom it decides. The count is exact then.', optional: true, example: true })
  breakdown?: boolean;

  @Id({ description: 'A segment to compare with: who would enter and who would leave.', optional: true })
  segmentId?: string;
}

export class CountIntervalDto {
  @ApiProperty({ example: 20_114 })
  low!: number;

  @ApiProperty({ example: 23_620 })
  high!: number;
}

export class BreakdownDto {
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true }, description: 'The groups, with two numbers on each group and condition: `matches`, the contacts for which it is true, and `decides`, those whose result would flip if it alone flipped.' })
  groups!: object[];

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  exclusions!: object[];
}

export class PreviewResultDto {
  @ApiProperty({ description: 'How many contacts match; of an estimate the likeliest number.' })
  count!: number;

  @ApiProperty({ description: 'Whether everybody was looked at.' })
  exact!: boolean;

  @ApiProperty({ type: CountIntervalDto, required: false, description: 'Of an estimate: Wilson\'s interval, 95 %, in contacts.' })
  confidenceInterval?: CountIntervalDto;

  @ApiProperty({ type: BreakdownDto, required: false, description: 'With `breakdown`.' })
  breakdown?: BreakdownDto;

  @ApiProperty({ format: 'date-time' })
  asOf!: string;

  @ApiProperty()
  tookMs!: number;

  @ApiProperty({ type: [ContactDto], description: 'Matching contacts in the order of their ids.' })
  sample!: ContactDto[];

  @ApiProperty({ type: StandingDto, required: false, description: 'With segmentId: how far its members are that the rules are held against. What waits there is among who would enter and leave.' })
  against?: StandingDto;

  @ApiProperty({ required: false, description: 'With segmentId: who matches and is no member now.' })
  wouldAdd?: number;

  @ApiProperty({ required: false, description: 'With segmentId: who is a member now and does not match.' })
  wouldRemove?: number;

  @ApiProperty({ type: [ContactDto], required: false, description: 'With segmentId: the first of those who would enter, `sampleLimit` at most.' })
  entering?: ContactDto[];

  @ApiProperty({ type: [ContactDto], required: false, description: 'With segmentId: the first of those who would leave.' })
  leaving?: ContactDto[];

  @ApiProperty({ type: [DependentDto], required: false, description: 'With segmentId: the segments that follow it, directly or through others.' })
  touches?: DependentDto[];
}

export class ExplainQuery {
  @Id({ description: 'The contact.' })
  contactId!: string;
}

export class ExplanationDto {
  @ApiProperty({ format: 'uuid' })
  contactId!: string;

  @ApiProperty({ format: 'date-time' })
  asOf!: string;

  @ApiProperty({ description: 'Whether the contact should be a member, overrides applied.' })
  matches!: boolean;

  @ApiProperty({ enum: ['in', 'out'], required: false, description: 'The pin that decides, whatever the rules say.' })
  override?: 'in' | 'out';

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true }, description: 'The groups with `matches` on each node, and `actual` on each condition.' })
  groups!: object[];

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  exclusions!: object[];
}
