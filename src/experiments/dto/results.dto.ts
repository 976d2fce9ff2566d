import { ApiProperty } from '@nestjs/swagger';
import { type Metric, metrics } from '../plan.js';

export class EffectIntervalDto {
  @ApiProperty()
  low!: number;

  @ApiProperty()
  high!: number;
}

export class VerdictDto {
  @ApiProperty({ enum: ['not-started', 'mismatch', 'difference', 'not-yet', 'no-difference', 'inconclusive'] })
  status!: string;

  @ApiProperty({ example: 'Not yet: no arm differs from the control by the sequential test at the level 0.05.' })
  reason!: string;

  @ApiProperty({ description: 'Contacts that the smallest arm lacks to the number planned.' })
  remainingPerArm!: number;
}

export class ArmFigureDto {
  @ApiProperty({ enum: metrics })
  metric!: Metric;

  @ApiProperty({ description: 'Different contacts that opened, clicked, converted, or have revenue.' })
  contacts!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'By contact of the arm: the rate, or the mean revenue.' })
  value!: number | null;

  @ApiProperty()
  standardDeviation!: number;
}

export class ArmResultDto {
  @ApiProperty()
  name!: string;

  @ApiProperty()
  holdout!: boolean;

  @ApiProperty({ description: 'Contacts of the arm that are there still.' })
  contacts!: number;

  @ApiProperty({ type: [ArmFigureDto], description: 'The metric that decides first.' })
  metrics!: ArmFigureDto[];
}

export class CupedDto {
  @ApiProperty()
  effect!: number;

  @ApiProperty({ type: EffectIntervalDto })
  interval!: EffectIntervalDto;

  @ApiProperty()
  pValue!: number;

  @ApiProperty({ description: 'Which share of the variance the revenue of the year before explains.' })
  varianceReduction!: number;
}

export class SequentialDto {
  @ApiProperty({ description: 'The arm by the control, less 1.' })
  relativeEffect!: number;

  @ApiProperty({ type: EffectIntervalDto, description: 'Of the relative effect; right however often one looks.' })
  interval!: EffectIntervalDto;

  @ApiProperty({ description: 'Right however often one looks.' })
  pValue!: number;

  @ApiProperty({ description: 'Corrected for all metrics and arms (Holm).' })
  adjustedPValue!: number;
}

export class ComparisonDto {
  @ApiProperty({ enum: metrics })
  metric!: Metric;

  @ApiProperty()
  arm!: string;

  @ApiProperty()
  control!: string;

  @ApiProperty({ type: Number, nullable: true, description: 'The arm less the control.' })
  effect!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'effect / the control.' })
  relativeEffect!: number | null;

  @ApiProperty({ type: EffectIntervalDto, nullable: true, description: 'Of the effect, for one look; not corrected.' })
  interval!: EffectIntervalDto | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Two-sided, for one look at the planned end.' })
  pValue!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Corrected for all metrics and arms (Holm).' })
  adjustedPValue!: number | null;

  @ApiProperty({ example: 'difference of two means: Welch\'s t-test' })
  method!: string;

  @ApiProperty({ type: EffectIntervalDto, nullable: true, description: 'Of revenue: the percentile bootstrap of 1,000 resamples, the same at each look at the same figures.' })
  bootstrap!: EffectIntervalDto | null;

  @ApiProperty({ type: CupedDto, nullable: true, description: 'Of revenue: less what the revenue of the 365 days before explains. null where there was none, or chance did not make the arms.' })
  cuped!: CupedDto | null;

  @ApiProperty({ type: SequentialDto, nullable: true, description: 'null where an arm has fewer than ten contacts with the metric.' })
  sequential!: SequentialDto | null;
}

export class SampleRatioDto {
  @ApiProperty({ description: 'Chi-squared test that the arms have the sizes of their shares.' })
  p!: number;

  @ApiProperty()
  mismatch!: boolean;

  @ApiProperty({ example: 0.001 })
  threshold!: number;
}

export class ArmOverlapDto {
  @ApiProperty({ description: 'Contacts in several arms at the start: they are compared in none.' })
  contacts!: number;

  @ApiProperty({ description: 'Of all contacts of the experiment.' })
  share!: number;
}

export class ExperimentResultsDto {
  @ApiProperty({ format: 'uuid' })
  experimentId!: string;

  @ApiProperty({ enum: ['draft', 'running', 'stopped'] })
  status!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  startedAt!: string | null;

  @ApiProperty({ format: 'date-time', description: 'Events up to this moment count: the stop, or now.' })
  asOf!: string;

  @ApiProperty({ type: VerdictDto, description: 'What may be said by now of the metric that decides.' })
  verdict!: VerdictDto;

  @ApiProperty({ description: 'How many contacts each arm needs by the plan.' })
  requiredPerArm!: number;

  @ApiProperty({ example: 0.95 })
  confidence!: number;

  @ApiProperty({ type: [ArmResultDto] })
  arms!: ArmResultDto[];

  @ApiProperty({ type: [ComparisonDto], description: 'Each metric of each arm beside the control.' })
  comparisons!: ComparisonDto[];

  @ApiProperty({ type: SampleRatioDto, nullable: true, description: 'null where no shares are given.' })
  sampleRatio!: SampleRatioDto | null;

  @ApiProperty({ type: ArmOverlapDto })
  overlap!: ArmOverlapDto;

  @ApiProperty({ type: [String] })
  warnings!: string[];
}
