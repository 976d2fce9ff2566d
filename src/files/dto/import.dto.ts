import { ApiProperty } from '@nestjs/swagger';
import { instantOf, instantOrNull } from '#database';
import { OneOf, PageQuery, Text, WholeNumberQuery } from '../../http/index.js';
import { words } from '../import-options.js';

/** How a file is read and what its rows may do: in the query, since the body is the file. */
export class ImportQuery {
  @OneOf(words.kind, { description: 'What the rows are: contacts, or events as `POST /events/batch` takes them, of contacts that are there.', optional: true, example: 'contacts' })
  kind?: (typeof words.kind)[number];

  @Text({
    description: 'JSON: for a column\'s name the field that it is taken for (`email`, …, `customFields.<key>`), null where it is left out, or an object with `field` and the forms of its cells: `dates`, `decimal`, `listSeparator`, `timezone` as the parameters have them, and `values`, what words of the file mean (`{"Ja":"true"}`): `{"Mail":"email","Born":{"field":"customFields.born","dates":"dmy"},"Notes":null}`. Of events the fields are those of `POST /events/batch`, `properties.<key>` among them (with `as`: `text`, `number`, `boolean`); whose an event is, is said by `email`, `contactId` or one `customFields.<key>` of which each value is one contact\'s. Without a column `id`, an event\'s id is made of all that it says and of how many rows of the file before it said the same: sent again, nothing is made twice, but of contacts that were merged into others since. A column that is not named is taken for the field of its own name; one that is none is refused.',
    optional: true, max: 100_000, example: '{"email":"email","firstName":{"field":"firstName"}}',
  })
  mapping?: string;

  @Text({ description: 'JSON: fields that every row has, with their values, beside what its columns say.', optional: true, max: 10_000, example: '{"source":"spring fair"}' })
  fixed?: string;

  @OneOf(words.onDuplicate, { description: 'What a row does whose address is there already: `fill` sets only what is not set.', optional: true, example: 'update' })
  onDuplicate?: (typeof words.onDuplicate)[number];

  @OneOf(words.consent, { description: '`keep`: no row makes an unsubscribed, bounced or complained contact active or pending. `overwrite` allows it.', optional: true, example: 'keep' })
  consent?: (typeof words.consent)[number];

  @OneOf(words.encoding, { description: 'Of the file, where it has no byte order mark; `utf-8` where it is left out.', optional: true, example: 'utf-8' })
  encoding?: (typeof words.encoding)[number];

  @OneOf(words.delimiter, { description: 'Between the cells of a CSV; `comma` where it is left out. `whitespace`: any number of blanks and tabs; a cell that holds some stands in quotes.', optional: true, example: 'comma' })
  delimiter?: (typeof words.delimiter)[number];

  @OneOf(words.decimal, { description: 'Of numbers in a CSV; with `comma` points separate thousands, with `point` commas.', optional: true, example: 'point' })
  decimal?: (typeof words.decimal)[number];

  @OneOf(words.listSeparator, { description: 'Between the values of one cell; a JSON array is read as well.', optional: true, example: 'semicolon' })
  listSeparator?: (typeof words.listSeparator)[number];

  @OneOf(words.dates, { description: 'Order of dates in a CSV: `iso` 2026-12-31, `dmy` 31.12.2026, `mdy` 12/31/2026, `ymd` 2026/12/31 or 20261231. A day as ISO has it is always read.', optional: true, example: 'iso' })
  dates?: (typeof words.dates)[number];

  @Text({ description: 'A time zone, such as `Europe/Berlin`, of dates and times that say none, as cells of workbooks never do. Without it they are refused, row by row.', optional: true, example: 'Europe/Berlin' })
  timezone?: string;

  @OneOf(words.header, { description: 'Whether the first row says what the columns are; with `no` they are `column 1`, `column 2`, ….', optional: true, example: 'yes' })
  header?: (typeof words.header)[number];

  @OneOf(words.emptyCells, { description: 'Whether an empty cell leaves the property as it is, or clears it.', optional: true, example: 'keep' })
  emptyCells?: (typeof words.emptyCells)[number];

  @WholeNumberQuery({ description: 'The import stops where so many rows are at fault; what was applied stays.', min: 1, max: 1_000_000, optional: true, example: 10_000 })
  errorLimit?: number;

  @Text({ description: 'Tags for the contacts of all rows, with commas between them.', optional: true, max: 2000, example: 'spring-fair' })
  tags?: string;

  @Text({ description: 'The name of a static segment that is made of the rows\' contacts.', optional: true, example: 'Spring fair' })
  segmentName?: string;
}

/** A row of `import`. */
export interface ImportRow {
  id: string; kind: string; status: string; segment_id: string | null; total: number; created: number; updated: number; skipped: number; failed: number;
  removed: number; restored: number; kept: number; error: string | null; created_by: string; created_at: string; finished_at: string | null;
}

const count = (description: string): PropertyDecorator => ApiProperty({ type: 'integer', description, example: 0 });

export class ImportDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: words.kind, description: 'What its rows are.', example: 'contacts' })
  kind!: string;

  @ApiProperty({ enum: ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'rolling_back', 'rolled_back'] })
  status!: string;

  @count('Rows of the file.')
  total!: number;

  @count('Rows that are done with: `created` + `updated` + `skipped` + `failed`.')
  processed!: number;

  @count('Rows that made a contact, or an event.')
  created!: number;

  @count('Rows whose contact was there already, changed by them or not.')
  updated!: number;

  @count('Rows passed over, with `onDuplicate=skip`; of events those that were there already.')
  skipped!: number;

  @count('Rows at fault: `GET /imports/{id}/errors`.')
  failed!: number;

  @ApiProperty({ format: 'uuid', nullable: true, type: String, description: 'The static segment made of it.' })
  segmentId!: string | null;

  @ApiProperty({ nullable: true, type: String, description: 'Why it failed: `too_many_errors`, `not_received` (its upload broke off), `rollback_failed` (nothing was taken back; it can be asked for again), or `internal`.', example: null })
  error!: string | null;

  @ApiProperty({
    description: 'What a rollback did: contacts removed, put back, and kept since they were changed otherwise (`GET /imports/{id}/kept`). Of events: events removed, contacts whose subscription status was put back, and those that kept it.',
    type: 'object', properties: { removed: { type: 'integer' }, restored: { type: 'integer' }, kept: { type: 'integer' } }, required: ['removed', 'restored', 'kept'],
  })
  rollback!: { removed: number; restored: number; kept: number };

  @ApiProperty({ example: 'user:ada' })
  createdBy!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time', nullable: true, type: String })
  finishedAt!: string | null;

  static of(row: ImportRow): ImportDto {
    const { created, updated, skipped, failed, removed, restored, kept } = row;
    return {
      id: row.id, kind: row.kind, status: row.status === 'receiving' ? 'queued' : row.status, total: row.total, processed: created + updated + skipped + failed, created, updated, skipped, failed,
      segmentId: row.segment_id, error: row.error, rollback: { removed, restored, kept }, createdBy: row.created_by,
      createdAt: instantOf(row.created_at).toISOString(), finishedAt: instantOrNull(row.finished_at)?.toISOString() ?? null,
    };
  }
}

export class ImportErrorsQuery extends PageQuery {
  @OneOf(['json', 'csv', 'ndjson'], {
    description: '`csv` and `ndjson` are all of them as a file: the original rows, with what is wrong as `errors`, which an import leaves out. In the form in which they were sent it can be sent again, with the same options.',
    optional: true, example: 'json',
  })
  format?: 'json' | 'csv' | 'ndjson';
}

/** Version 3.0 of OpenAPI knows null only beside a type. */
const anyJson = [
  { type: 'string', nullable: true }, { type: 'number' }, { type: 'boolean' }, { type: 'array', items: {} }, { type: 'object', additionalProperties: true },
];

class ImportFaultDto {
  @ApiProperty({ nullable: true, type: String, description: 'Of the file.', example: 'Score' })
  column!: string | null;

  @ApiProperty({ description: 'A JSON Pointer into the row as it was read.', example: '/leadScore' })
  path!: string;

  @ApiProperty({ description: 'As it stood in the file, whatever JSON holds; null where it was missing.', example: 'many', oneOf: anyJson })
  value!: unknown;

  @ApiProperty({ example: 'value_invalid' })
  code!: string;

  @ApiProperty({ example: 'This is a number from -10^15 to 10^15.' })
  reason!: string;
}

export class ImportErrorDto {
  @ApiProperty({ type: 'integer', description: 'On which the row begins, from 1.', example: 7 })
  line!: number;

  @ApiProperty({ type: [ImportFaultDto] })
  errors!: ImportFaultDto[];
}

export class KeptContactDto {
  @ApiProperty({ format: 'uuid' })
  contactId!: string;

  @ApiProperty({ enum: ['changed', 'has_events', 'in_campaign'], description: 'Why the rollback left it as it is.' })
  reason!: string;
}
