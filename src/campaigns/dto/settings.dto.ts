import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsUUID } from 'class-validator';
import { Decimal, OneOf, PageQuery, Text } from '../../http/index.js';

export class CampaignSettingsDto {
  @Decimal({ description: 'Percent of all contacts, always the same ones, that are left out of every launch: the control.', min: 0, max: 100, example: 2 })
  holdoutPercent!: number;

  @IsArray()
  @ArrayMaxSize(50)
  @IsUUID(undefined, { each: true })
  @ApiProperty({ type: 'array', items: { type: 'string', format: 'uuid' }, maxItems: 50, description: 'Segments whose members are left out of every launch.', example: [] })
  suppressedSegmentIds!: string[];
}

export class SuppressionInputDto {
  @Text({ description: 'An address, or else:', max: 320, optional: true, example: 'ada@example.com' })
  address?: string;

  @Text({ description: 'A domain: every address with just this behind the @.', max: 255, optional: true, example: 'example.org' })
  domain?: string;

  @Text({ description: 'Why.', max: 1000, optional: true, example: 'asked for it by letter' })
  reason?: string;
}

export class SuppressionsDto {
  @ApiProperty({ type: [SuppressionInputDto], maxItems: 10_000, example: [{ address: 'nobody@example.com', reason: 'asked for it by letter' }, { domain: 'example.org' }] })
  suppressions!: object[];
}

export class SuppressionFaultDto {
  @ApiProperty({ description: 'Its place in the batch.' })
  index!: number;

  @ApiProperty({ type: 'array', items: { type: 'object', properties: { path: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' } } } })
  errors!: object[];
}

export class SuppressionsOutcomeDto {
  @ApiProperty({ description: 'How many are new.' })
  created!: number;

  @ApiProperty({ description: 'How many were there already.' })
  unchanged!: number;

  @ApiProperty({ type: [SuppressionFaultDto] })
  failed!: SuppressionFaultDto[];
}

export class SuppressionsQuery extends PageQuery {
  @OneOf(['address', 'domain'], { description: 'Only these.', optional: true })
  kind?: 'address' | 'domain';
}

export class SuppressionDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: ['address', 'domain'] })
  kind!: string;

  @ApiProperty({ type: String, nullable: true, description: 'In lower case. null: the person was erased, and only the hash of the address is kept.', example: 'example.org' })
  value!: string | null;

  @ApiProperty({ type: String, nullable: true })
  reason!: string | null;

  @ApiProperty({ description: 'The person or key that added it.' })
  createdBy!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}
