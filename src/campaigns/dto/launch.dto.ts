import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, ValidateIf, ValidateNested } from 'class-validator';
import { Decimal, Instant, PageQuery, OneOf, Text, WholeNumber } from '../../http/index.js';

export class ExpectDto {
  @WholeNumber({ description: 'How many contacts it is to be sent to, as the preview said.', min: 0, max: 1_000_000_000, example: 2847 })
  final!: number;

  @Decimal({ description: 'By how much of that the audience may have changed; default 0.', min: 0, max: 100, optional: true, example: 5 })
  tolerancePercent?: number;
}

export class LaunchDto {
  @ApiProperty({ type: ExpectDto, required: false, description: '409 where the audience has drifted further.' })
  @ValidateIf((_object, value) => value !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => ExpectDto)
  expect?: ExpectDto;

  @Instant({ description: 'When to launch; at once where it is left out or past.', optional: true, example: '2030-01-01T09:00:00Z' })
  at?: string;

  @Text({
    description: 'A local time, instead of `at`: each contact is to be sent it when this time comes in its own zone. The recipients are frozen when it comes in the first zone of the world (UTC+14).',
    pattern: /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/, optional: true,
  })
  localTime?: string;
}

export class RecipientsQuery extends PageQuery {
  @OneOf(['none', 'tenant', 'campaign'], { description: 'Only those sent to (`none`), or those held out by the tenant\'s or the campaign\'s holdout.', optional: true })
  holdout?: 'none' | 'tenant' | 'campaign';

  @Instant({ description: 'Only those whose time to be sent it has come by this instant.', optional: true, example: '2030-01-01T00:00:00Z' })
  dueBy?: string;
}

export class RecipientReasonDto {
  @ApiProperty({ description: 'Which entry of the audience\'s `include` named it first.' })
  include!: number;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  segmentId!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'What the rules were called.' })
  name!: string | null;
}

export class RecipientDto {
  @ApiProperty({ format: 'uuid' })
  contactId!: string;

  @ApiProperty({ example: 'ada@example.com' })
  email!: string;

  @ApiProperty({ type: RecipientReasonDto, description: 'Why the contact is there.' })
  reason!: RecipientReasonDto;

  @ApiProperty({ enum: ['tenant', 'campaign'], nullable: true, description: 'Held out, not to be sent it: by the tenant\'s holdout or by the campaign\'s. null: to be sent it.' })
  holdout!: string | null;

  @ApiProperty({ format: 'date-time' })
  sendAt!: string;
}
