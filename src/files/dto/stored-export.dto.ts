import { ApiProperty } from '@nestjs/swagger';
import { instantOf, instantOrNull } from '#database';
import { Flag, Id, OneOf, Text } from '../../http/index.js';
import { standingFrom, standingView } from '../../segments/index.js';
import { exportFormats } from '../export-formats.js';
import { exportedKinds } from '../export.service.js';

export class CreateExportDto {
  @OneOf(exportedKinds, { description: 'The members of a segment, all contacts, or all events.', example: 'contacts' })
  what!: (typeof exportedKinds)[number];

  @Id({ description: 'Of `members`: the segment.', optional: true })
  segmentId?: string;

  @OneOf(exportFormats, { description: '`csv` where it is left out.', optional: true, example: 'csv' })
  format?: (typeof exportFormats)[number];

  @Text({ description: 'As the parameter `fields` of `GET /contacts/export`.', optional: true, max: 20_000, example: 'email,firstName' })
  fields?: string;

  @Flag({ description: 'Whether a CSV begins with a byte order mark.', optional: true, example: false })
  bom?: boolean;
}

/** What an export is made with. */
export interface ExportOptions { format: (typeof exportFormats)[number]; fields: string | null; bom: boolean }

/** A row of `export`. */
export interface ExportRow {
  id: string; what: (typeof exportedKinds)[number]; segment_id: string | null; options: ExportOptions; status: string; bytes: string;
  error: string | null; created_by: string; created_at: string; finished_at: string | null;
  as_of: string | null; pending_since: string | null;
}

/** So long a file is kept. */
export const keptMs = 7 * 86_400_000;

export class ExportDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: exportedKinds, example: 'contacts' })
  what!: string;

  @ApiProperty({ format: 'uuid', nullable: true, type: String })
  segmentId!: string | null;

  @ApiProperty({ enum: exportFormats, example: 'csv' })
  format!: string;

  @ApiProperty({ nullable: true, type: String, example: 'email,firstName' })
  fields!: string | null;

  @ApiProperty({ example: false })
  bom!: boolean;

  @ApiProperty({ enum: ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired'], description: '`succeeded`: its file can be fetched. `expired`: its file is gone, since a week has passed, or a person was erased who may be in it.' })
  status!: string;

  @ApiProperty({ type: 'integer', description: 'The length of the file, or of what is made of it.', example: 0 })
  bytes!: number;

  @ApiProperty({ nullable: true, type: String, description: 'Why it failed.', example: null })
  error!: string | null;

  @ApiProperty({ example: 'user:ada' })
  createdBy!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time', nullable: true, type: String })
  finishedAt!: string | null;

  @ApiProperty({ format: 'date-time', nullable: true, type: String, description: 'Until when its file can be fetched.' })
  expiresAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Of members of a dynamic segment, once the file is there: the moment that they are right for.' })
  asOf!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Of the same: since when a change waited that the file does not show; null where none did.' })
  pendingSince!: string | null;

  static of(row: ExportRow): ExportDto {
    const finished = instantOrNull(row.finished_at);
    return {
      id: row.id, what: row.what, segmentId: row.segment_id, format: row.options.format, fields: row.options.fields, bom: row.options.bom, status: row.status,
      bytes: Number(row.bytes), error: row.error, createdBy: row.created_by, createdAt: instantOf(row.created_at).toISOString(), finishedAt: finished?.toISOString() ?? null,
      expiresAt: row.status === 'succeeded' && finished !== null ? new Date(finished.getTime() + keptMs).toISOString() : null, ...standingView(standingFrom(row)),
    };
  }
}
