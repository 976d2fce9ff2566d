import { ApiProperty } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, ValidateNested } from 'class-validator';
import type { SegmentStatus, SegmentType } from '#database';
import { JsonObject, OneOf, Text, TextList } from '../../http/index.js';
import { exampleRules, rulesSchema } from '../../rules-engine/index.js';

/** A segment as it is kept in a file: nothing that differs from one tenant to the next, and references by key. */
export class SegmentDocumentDto {
  @Text({ description: 'What other documents name it by in `segment`, and by which it is found again. Default: the name; where several have one name, an export numbers them.', max: 220, optional: true, example: 'Engaged in the US' })
  key?: string;

  @Text({ description: 'What the segment is called.', example: 'Engaged in the US' })
  name!: string;

  @OneOf(['dynamic', 'static'], { description: 'Of a static one the document has no members: these are data.', example: 'dynamic' })
  type!: SegmentType;

  @OneOf(['draft', 'active', 'archived'], { description: 'Default for a new one: active.', optional: true, example: 'draft' })
  status?: SegmentStatus;

  @Text({ description: 'What it is for.', max: 2000, min: 0, optional: true, nullable: true })
  description?: string | null;

  @Text({ description: 'Notes for people.', max: 10_000, min: 0, optional: true, nullable: true })
  notes?: string | null;

  @Text({ description: 'Who looks after it.', optional: true, nullable: true })
  owner?: string | null;

  @Text({ description: 'The workspace it belongs to.', optional: true, nullable: true })
  workspaceId?: string | null;

  @TextList({ description: 'Labels.', max: 50, optional: true, example: ['newsletter'] })
  labels?: string[];

  @JsonObject({ description: 'Of a dynamic segment; a condition on another segment has its key in the place of its id.', schema: rulesSchema, optional: true, example: exampleRules })
  rules?: object;
}

export class SegmentDocumentsDto {
  @IsIn([1])
  @ApiProperty({ enum: [1], description: 'The version of this form.', example: 1 })
  version!: 1;

  @IsArray()
  @ArrayMaxSize(1000)
  @ValidateNested({ each: true })
  @Type(() => SegmentDocumentDto)
  @ApiProperty({
    type: [SegmentDocumentDto], description: 'In an export: by name, and those of one name by age.',
    example: [{ key: 'Engaged in the US', name: 'Engaged in the US', type: 'dynamic', status: 'active', labels: ['newsletter'], rules: exampleRules }],
  })
  segments!: SegmentDocumentDto[];
}

export class ExportDefinitionsQuery {
  @Text({ description: 'Only segments with this label. What they name is not added.', optional: true, example: 'newsletter' })
  label?: string;
}

export class ImportDefinitionsQuery {
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsIn([true, false], { message: 'dryRun is true or false' })
  @ApiProperty({ type: Boolean, required: false, default: false, description: 'Only say what would be done.' })
  dryRun = false;
}

class PlannedDto {
  @ApiProperty({ example: 'Engaged in the US' })
  key!: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'null of one that a dry run would make.' })
  id!: string | null;
}

export class PlannedCreationDto extends PlannedDto {
  @ApiProperty({ type: Number, nullable: true, description: 'In a dry run: how many would be in it. null otherwise, and where it is not active.' })
  entering!: number | null;
}

export class PlannedChangeDto extends PlannedCreationDto {
  @ApiProperty({ type: [String], description: 'The properties that are other than now.', example: ['rules', 'labels'] })
  changed!: string[];

  @ApiProperty({ type: Number, nullable: true, description: 'In a dry run: how many of its present members would leave.' })
  leaving!: number | null;
}

class DocumentFaultDto {
  @ApiProperty({ description: 'A JSON Pointer into the body.', example: '/segments/0/rules/groups/0/conditions/0/field' })
  path!: string;

  @ApiProperty({ example: 'unknown_field' })
  code!: string;

  @ApiProperty()
  message!: string;
}

export class ImportPlanDto {
  @ApiProperty()
  dryRun!: boolean;

  @ApiProperty({ type: [PlannedCreationDto] })
  created!: PlannedCreationDto[];

  @ApiProperty({ type: [PlannedChangeDto] })
  changed!: PlannedChangeDto[];

  @ApiProperty({ type: [PlannedDto] })
  unchanged!: PlannedDto[];

  @ApiProperty({ type: [DocumentFaultDto], description: 'In a dry run: what keeps it from being done, such as fields that are missing. Without one, this is a 422.' })
  faults!: DocumentFaultDto[];
}
