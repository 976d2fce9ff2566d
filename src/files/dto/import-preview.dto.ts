import { ApiProperty, OmitType, PickType } from '@nestjs/swagger';
import { ContactDto, EventDto } from '../../contacts/index.js';
import { words } from '../import-options.js';
import { ImportErrorDto, ImportQuery } from './import.dto.js';

/** How the file is read and what its rows may do; what is left out is looked for in the file. */
export class ImportPreviewQuery extends PickType(ImportQuery, [
  'kind', 'mapping', 'fixed', 'onDuplicate', 'consent', 'encoding', 'delimiter', 'decimal', 'listSeparator', 'dates', 'timezone', 'header', 'emptyCells', 'tags',
] as const) {}

class SuggestedFieldDto {
  @ApiProperty({ example: 'trial_ends' })
  key!: string;

  @ApiProperty({ example: 'Trial ends' })
  label!: string;

  @ApiProperty({ enum: ['text', 'number', 'boolean', 'date', 'datetime', 'select', 'multi_select'], example: 'date' })
  type!: string;

  @ApiProperty({ type: [String], required: false, description: 'Of `select` and `multi_select` only: what the rows looked at hold.' })
  options?: readonly string[];
}

class ColumnSuggestionDto {
  @ApiProperty({ example: 'E-Mail' })
  column!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Null where it is no field yet, or is left out.', example: 'email' })
  field!: string | null;

  @ApiProperty({ description: 'From 0 to 1: how well name and values fit the field, or values the type of the new field.', example: 0.9 })
  confidence!: number;

  @ApiProperty({ example: 'The field is often called so.' })
  reason!: string;

  @ApiProperty({ type: String, nullable: true, description: 'What the values leave open, and the mapping is to say: nothing is guessed.', example: null })
  question!: string | null;

  @ApiProperty({ type: SuggestedFieldDto, nullable: true, description: 'What `POST /custom-fields` takes, where the column is no field yet. Its values can then be imported by mapping the column to `customFields.<key>`.' })
  newField!: SuggestedFieldDto | null;

  @ApiProperty({
    oneOf: [{ type: 'string', nullable: true }, { type: 'object', additionalProperties: true }], example: { field: 'customFields.trial_ends', dates: 'dmy' },
    description: 'What `mapping` is to say of the column once there is the new field, with the forms of its cells.',
  })
  newMapping!: unknown;

  @ApiProperty({ type: [String], description: 'The first values.', example: ['ada@example.com'] })
  examples!: string[];
}

class PreviewedContactDto extends OmitType(ContactDto, ['id'] as const) {}

class PreviewedRowDto {
  @ApiProperty({ type: 'integer', description: 'On which the row begins, from 1.', example: 2 })
  line!: number;

  @ApiProperty({ type: PreviewedContactDto, required: false, description: 'As it would be stored after all rows that were looked at.' })
  contact?: PreviewedContactDto;

  @ApiProperty({ type: EventDto, required: false, description: 'Of an import of events, as it would be stored.' })
  event?: EventDto;
}

export class ImportPreviewDto {
  @ApiProperty({ enum: words.kind, example: 'contacts' })
  kind!: string;

  @ApiProperty({ enum: ['csv', 'ndjson', 'xlsx'], example: 'csv' })
  format!: string;

  @ApiProperty({ enum: words.encoding, nullable: true, type: String, description: 'Null of a workbook.', example: 'windows-1252' })
  encoding!: string | null;

  @ApiProperty({ enum: words.delimiter, nullable: true, type: String, description: 'Of a CSV.', example: 'semicolon' })
  delimiter!: string | null;

  @ApiProperty({ enum: words.header, nullable: true, type: String, description: 'Whether the first row seems to say what the columns are. Null of NDJSON.', example: 'yes' })
  header!: string | null;

  @ApiProperty({ type: 'integer', description: 'How many rows were looked at: the first 500 at most, within the first 256 KiB of a text.', example: 500 })
  sampled!: number;

  @ApiProperty({ description: 'Whether these are all rows.', example: false })
  whole!: boolean;

  @ApiProperty({
    type: 'object', additionalProperties: true, nullable: true, example: { 'E-Mail': 'email', Born: { field: 'customFields.born', dates: 'dmy' }, Notes: null },
    description: 'What `mapping` of `POST /imports` takes, as JSON: for each column a field with the forms of its cells, or null. Null of NDJSON, whose rows name their fields.',
  })
  mapping!: Record<string, unknown> | null;

  @ApiProperty({ type: [String], description: 'What rows need and no column seems to give: map one, or fix it.', example: [] })
  missing!: string[];

  @ApiProperty({ type: [ColumnSuggestionDto] })
  columns!: ColumnSuggestionDto[];

  @ApiProperty({
    type: 'object', nullable: true, properties: { created: { type: 'integer' }, updated: { type: 'integer' }, skipped: { type: 'integer' }, failed: { type: 'integer' } },
    required: ['created', 'updated', 'skipped', 'failed'], description: 'What the rows that were looked at would do. Null where something is `missing`.',
  })
  outcome!: { created: number; updated: number; skipped: number; failed: number } | null;

  @ApiProperty({ type: [PreviewedRowDto], description: 'What the first 10 good rows would make.' })
  rows!: PreviewedRowDto[];

  @ApiProperty({ type: [ImportErrorDto], description: 'The first 50 rows at fault.' })
  errors!: ImportErrorDto[];
}
