import { ApiProperty } from '@nestjs/swagger';
import type { Tenant } from '#database';
import { Instant, Text, WholeNumber } from '../http/index.js';

export class CreateTenantDto {
  @Text({ description: 'The tenant\'s name.', example: 'Acme' })
  name!: string;
}

export class CreatedTenantDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Acme' })
  name!: string;

  @ApiProperty({ description: 'An admin key of the new tenant, shown this once.' })
  apiKey!: string;
}

export class UpdateTenantDto {
  @Text({ description: 'The tenant\'s name.', example: 'Acme', optional: true })
  name?: string;

  @WholeNumber({
    description: 'How long the database may take for one answer to this tenant (previews, reports, overlaps), in seconds; null: as long as for every other, 30 at most.',
    min: 1, max: 300, optional: true, nullable: true, example: 10,
  })
  answerSeconds?: number | null;
}

export class TenantDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Acme' })
  name!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ description: 'Whether it is being removed.' })
  removing!: boolean;

  @ApiProperty({ type: Number, nullable: true, description: 'How long the database may take for one answer to it, in seconds; null: as long as for every other.', example: 10 })
  answerSeconds!: number | null;

  static of({ id, name, createdAt, removingAt, answerSeconds }: Tenant): TenantDto {
    return { id, name, createdAt: createdAt.toISOString(), removing: removingAt !== null, answerSeconds };
  }
}

export class SetClockDto {
  @Instant({ description: 'Where the clock stands still; null returns to the system\'s.', nullable: true, example: '2026-03-01T12:00:00Z' })
  now!: string | null;
}

export class ClockDto {
  @ApiProperty({ format: 'date-time', description: 'What the service takes for the present.' })
  now!: string;

  @ApiProperty({ description: 'Whether the clock was set, and stands still.' })
  set!: boolean;
}

export class HealthDto {
  @ApiProperty({ enum: ['ok'] })
  status!: 'ok';
}

export class ReadinessDto extends HealthDto {
  @ApiProperty({ enum: ['up', 'down'], description: 'Whether jobs can be rung for. While it is down, what is due waits in the tables.' })
  queue!: 'up' | 'down';
}
