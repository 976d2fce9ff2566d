import { ApiProperty } from '@nestjs/swagger';
import { Decimal, WholeNumber } from '../../http/index.js';

export class SampleSizeQueryDto {
  @Decimal({ description: 'What is expected of the control: a rate between 0 and 1, or a mean.', min: 0.000001, max: 1e9, example: 0.05 })
  baseline!: number;

  @Decimal({ description: 'The least difference that matters, in the unit of the baseline.', min: 0.000001, max: 1e9, example: 0.01 })
  minimumEffect!: number;

  @Decimal({ description: 'Of a mean; without one the baseline is a rate.', min: 0.000001, max: 1e12, optional: true, nullable: true })
  standardDeviation?: number | null;

  @Decimal({ description: 'The chance to find a difference as large as the minimum effect; default 0.8.', min: 0.5, max: 0.999, optional: true, example: 0.8 })
  power?: number;

  @Decimal({ description: 'The chance to find a difference where there is none; default 0.05.', min: 0.0001, max: 0.5, optional: true, example: 0.05 })
  alpha?: number;

  @WholeNumber({ description: 'How many arms, the control included; default 2. The level is shared out among those compared with it.', min: 2, max: 10, optional: true, example: 2 })
  arms?: number;
}

export class SampleSizeDto {
  @ApiProperty({ description: 'Contacts that each arm needs.', example: 8158 })
  perArm!: number;

  @ApiProperty({ description: 'Of all arms together.', example: 16_316 })
  total!: number;

  @ApiProperty({ description: 'How it was computed.', example: 'two proportions, normal approximation (Fleiss, Levin and Paik 2003, 4.14)' })
  method!: string;
}
