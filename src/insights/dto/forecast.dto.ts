import { ApiProperty } from '@nestjs/swagger';
import { WholeNumberQuery } from '../../http/index.js';

export class ForecastQuery {
  @WholeNumberQuery({ description: 'How many coming days; default 30.', min: 1, max: 365, optional: true, example: 30 })
  days?: number;
}

/** What forecasts and backtests tell alike of a moment. */
export class SizeDto {
  @ApiProperty({ format: 'date-time', description: 'The moment of evaluation.' })
  asOf!: string;

  @ApiProperty({ example: 2847 })
  size!: number;

  @ApiProperty({ description: 'Who matches and did not at the moment before.', example: 9 })
  entries!: number;

  @ApiProperty({ description: 'Who matched at the moment before and does not.', example: 4 })
  exits!: number;
}

export class ForecastDayDto extends SizeDto {
  @ApiProperty({ description: 'How many days from now.', example: 1 })
  day!: number;

  @ApiProperty({ format: 'date', description: 'The day of `asOf` in UTC.' })
  date!: string;
}

export class ForecastDto {
  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty({ format: 'date-time', description: 'Now: the days are counted from it.' })
  asOf!: string;

  @ApiProperty({ description: 'How many match now.', example: 2842 })
  size!: number;

  @ApiProperty({ type: [ForecastDayDto] })
  items!: ForecastDayDto[];
}
