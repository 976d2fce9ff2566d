import { ApiProperty } from '@nestjs/swagger';
import { Allow } from 'class-validator';
import { Instant, JsonValue } from '../../http/index.js';
import { exampleRules, rulesSchema } from '../../rules-engine/index.js';
import { SizeDto } from './forecast.dto.js';

export class BacktestDto {
  @JsonValue({ description: 'The rules to try.', schema: rulesSchema, example: exampleRules })
  rules!: unknown;

  @Instant({ description: 'The first moment.', example: '2026-10-01T00:00:00Z' })
  from!: string;

  @Instant({ description: 'The end: the last moment lies on it or before it.', example: '2026-11-01T00:00:00Z' })
  to!: string;

  @Allow()
  @ApiProperty({
    description: '`hour`, `day`, `week`, `month` or `year`, or an amount of them. Months and years are of the calendar in UTC.',
    example: 'day',
    oneOf: [
      { type: 'string', enum: ['hour', 'day', 'week', 'month', 'year'] },
      {
        type: 'object', required: ['amount', 'unit'], properties: {
          amount: { type: 'integer', minimum: 1, maximum: 1000 }, unit: { type: 'string', enum: ['hours', 'days', 'weeks', 'months', 'years'] },
        },
      },
    ],
  })
  step!: unknown;
}

export class BacktestResultDto {
  @ApiProperty({ type: [SizeDto], description: 'At `from` and after each step; at the first, nobody has entered or left.' })
  items!: SizeDto[];
}
