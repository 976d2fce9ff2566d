import { ApiProperty } from '@nestjs/swagger';
import { Day, OneOf, Text } from '../../http/index.js';

export class AnalyticsSettingsDto {
  @Text({ description: 'The IANA zone by whose days the figures go, and by whose clock they are rolled up.', max: 100, example: 'America/New_York' })
  timezone!: string;
}

export class RequestRollupDto {
  @Day({ description: 'The first day.', example: '2026-01-01' })
  from!: string;

  @Day({ description: 'The last day, included; days that are not over yet are left to their night.', example: '2026-03-31' })
  to!: string;
}

export class RollupDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ format: 'date', example: '2026-01-01' })
  from!: string;

  @ApiProperty({ format: 'date', example: '2026-03-31' })
  to!: string;

  @OneOf(['queued', 'succeeded'], { description: 'Queued until all its days are rolled up.' })
  status!: 'queued' | 'succeeded';

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: string | null;
}
