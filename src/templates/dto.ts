import { ApiProperty } from '@nestjs/swagger';
import { Flag, JsonObject, Text } from '../http/index.js';

export class RequiredFieldDto {
  @ApiProperty({ example: 'trial_end_date' })
  key!: string;

  @ApiProperty({ example: 'Trial end date' })
  label!: string;

  @ApiProperty({ enum: ['text', 'number', 'boolean', 'date', 'datetime', 'select', 'multi_select'] })
  type!: string;

  @ApiProperty({ type: [String], required: false })
  options?: string[];
}

export class RequirementsDto {
  @ApiProperty({ type: [RequiredFieldDto] })
  customFields!: RequiredFieldDto[];

  @ApiProperty({ type: [String], description: 'Segments by name.' })
  segments!: string[];

  @ApiProperty({ type: [String], description: 'Campaigns by name.' })
  campaigns!: string[];
}

export class SegmentTemplateDto {
  @ApiProperty({ example: 'highly-engaged' })
  key!: string;

  @ApiProperty({ example: 2 })
  number!: number;

  @ApiProperty({ example: 'Highly Engaged' })
  name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'Segments and campaigns stand as `{{segment:Name}}` and `{{campaign:Name}}`.' })
  rules!: object;

  @ApiProperty({ type: RequirementsDto })
  requires!: RequirementsDto;
}

export class SegmentTemplatesDto {
  @ApiProperty({ type: [SegmentTemplateDto] })
  items!: SegmentTemplateDto[];
}

export class InstantiateTemplateDto {
  @Text({ description: 'What the segment is called; default: the template\'s name.', optional: true, example: 'Highly engaged this month' })
  name?: string;

  @JsonObject({
    description: 'Ids for the names that the template requires, by name: `{ segments?, campaigns? }`. A name left out is looked up.', optional: true,
    schema: {
      type: 'object', additionalProperties: false,
      properties: {
        segments: { type: 'object', additionalProperties: { type: 'string', format: 'uuid' } },
        campaigns: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
  })
  params?: object;

  @Flag({ description: 'Make what is missing: custom fields, segments, campaigns. Default: false.', optional: true, example: true })
  createMissing?: boolean;
}
