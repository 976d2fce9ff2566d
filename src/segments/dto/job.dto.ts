import { ApiProperty } from '@nestjs/swagger';
import { instantOf, instantOrNull } from '#database';
import { OneOf, PageQuery } from '../../http/index.js';
import type { RefreshRow, RefreshStatus } from '../refresh-queue.js';

const statuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const satisfies readonly RefreshStatus[];

/** What a job shows of the row that is the truth about it. */
export type JobRow = Pick<RefreshRow, 'id' | 'segment_id' | 'status' | 'created_at' | 'started_at' | 'finished_at' | 'error'>;

export class JobsQuery extends PageQuery {
  @OneOf(statuses, { description: 'Only jobs of this status.', optional: true })
  status?: RefreshStatus;
}

export class JobDto {
  @ApiProperty({ format: 'uuid', description: 'Of a refresh: its `refreshId`.' })
  id!: string;

  @ApiProperty({ enum: ['refresh'] })
  kind!: 'refresh';

  @ApiProperty({ enum: statuses })
  status!: RefreshStatus;

  @ApiProperty({
    type: 'integer', minimum: 0, maximum: 100, example: 100,
    description: 'Percent of the job that is done for good. A refresh is one transaction: 0 until all of it is done.',
  })
  progress!: number;

  @ApiProperty({ format: 'uuid', description: 'The segment that is refreshed.' })
  segmentId!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  startedAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed.' })
  error!: string | null;

  static of(row: JobRow): JobDto {
    return {
      id: row.id, kind: 'refresh', status: row.status, progress: row.status === 'succeeded' ? 100 : 0, segmentId: row.segment_id,
      createdAt: instantOf(row.created_at).toISOString(), startedAt: instantOrNull(row.started_at)?.toISOString() ?? null,
      finishedAt: instantOrNull(row.finished_at)?.toISOString() ?? null, error: row.error,
    };
  }
}
