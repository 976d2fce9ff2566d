import { ApiProperty } from '@nestjs/swagger';
import { OneOf, WholeNumber } from '../../http/index.js';
import { type RefreshCause, refreshCauses } from '../refresh-cause.js';
import type { RefreshMode, RefreshStatus } from '../refresh-queue.js';

export class RequestRefreshDto {
  @OneOf(['auto', 'full', 'incremental'], { description: 'auto chooses; incremental may do more than asked, never less. Default: auto.', optional: true, example: 'auto' })
  mode?: RefreshMode;

  @WholeNumber({ description: 'How long to wait for its end; default 0.', min: 0, max: 60, optional: true, example: 10 })
  waitSeconds?: number;
}

/** Why an incremental refresh looked at the contacts that it looked at, in numbers. */
export class RefreshReasonsDto {
  @ApiProperty({ description: 'Rows of the change log that the cycle took.' })
  changes!: number;

  @ApiProperty({ description: 'Contacts that they name.' })
  changedContacts!: number;

  @ApiProperty({ description: 'Further contacts that the time since the last cycle may have moved over an edge of a rule.' })
  movedByTime!: number;

  @ApiProperty({ description: 'Other segments that the rules reach and that were evaluated along.' })
  referencedSegments!: number;
}

export class RefreshDto {
  @ApiProperty({ format: 'uuid' })
  refreshId!: string;

  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty({ enum: ['queued', 'running', 'succeeded', 'failed', 'cancelled'] })
  status!: RefreshStatus;

  @ApiProperty({ enum: ['auto', 'full', 'incremental'], description: 'As asked for while it waits; as done once it has ended.' })
  mode!: RefreshMode;

  @ApiProperty({ type: Number, nullable: true, description: 'The version of the rules that it applied.' })
  rulesVersion!: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'The moment that the members are right for.' })
  asOf!: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'How many contacts were looked at.' })
  evaluated!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  added!: number | null;

  @ApiProperty({ type: Number, nullable: true })
  removed!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Of an incremental refresh, that of the cycle that it was a part of.' })
  durationMs!: number | null;

  @ApiProperty({ type: RefreshReasonsDto, nullable: true, description: 'Of an incremental refresh: why it looked at whom it looked at.' })
  reasons!: RefreshReasonsDto | null;

  @ApiProperty({
    type: String, enum: refreshCauses, nullable: true,
    description: 'Of a full refresh, once it has begun: why it looked at everybody. first_fill; rules_changed: the rules, or a segment or event type that they reach, are others than those applied; requested: `mode: full` was; unfinished_before: the refresh before it failed, was cancelled or lost its worker; many_candidates: more contacts had changed than are looked at one by one; inactive_before: changes were made while the segment was archived or a draft.',
  })
  cause!: RefreshCause | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  startedAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why it failed.' })
  error!: string | null;
}
