import { ApiProperty } from '@nestjs/swagger';
import { instantOf, instantOrNull } from '#database';
import { OneOf, PageQuery } from '../../http/index.js';
import type { RefreshRow, RefreshStatus } from '../refresh-queue.js';

const statuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const satisfies readonly RefreshStatus[];

/** What a job shows of the row that is the truth about it. */
export interface JobRow extends Pick<RefreshRow, 'id' | 'status' | 'created_at' | 'started_at' | 'finished_at' | 'error'> {
  kind: 'refresh' | 'import' | 'export';
  segment_id: string | null;
  progress: number;
}

export class JobsQuery extends PageQuery {
  @OneOf(statuses, { description: 'Only jobs of this status.', optional: true })
  status?: RefreshStatus;
}

export class JobDto {
  @ApiProperty({ format: 'uuid', description: 'Of a refresh its `refreshId`, of an import its `id`.' })
  id!: string;

  @ApiProperty({ enum: ['refresh', 'import', 'export'] })
  kind!: 'refresh' | 'import' | 'export';

  @ApiProperty({ enum: statuses, description: 'Of an import: running while it is rolled back, succeeded once it is.' })
  status!: RefreshStatus;

  @ApiProperty({
    type: 'integer', minimum: 0, maximum: 100, example: 100,
    description: 'Percent of the job that is done for good. A refresh is one transaction: 0 until all of it is done. Of an import: its rows, once it is known how many there are.',
  })
  progress!: number;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The segment that is refreshed, the one that an import makes, or whose members are exported; null where there is none.' })
  segmentId!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Of a refresh.' })
  startedAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed.' })
  error!: string | null;

  static of(row: JobRow): JobDto {
    return {
      id: row.id, kind: row.kind, status: row.status, progress: row.progress, segmentId: row.segment_id,
      createdAt: instantOf(row.created_at).toISOString(), startedAt: instantOrNull(row.started_at)?.toISOString() ?? null,
      finishedAt: instantOrNull(row.finished_at)?.toISOString() ?? null, error: row.error,
    };
  }
}
