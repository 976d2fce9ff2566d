import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsOptional, ValidateNested } from 'class-validator';
import type { Experiment } from '#database';
import { Decimal, Flag, Id, OneOf, Text } from '../../http/index.js';
import { contactsPerArm, type Design, designs, type Metric, metrics, type Plan } from '../plan.js';

export class ExperimentArmDto {
  @Text({ description: 'What people call it; unique in the experiment.', example: 'Subject with a name' })
  name!: string;

  @Id({ description: 'Of the design `segments`: whose members are in the arm.', optional: true, nullable: true })
  segmentId?: string | null;

  @Id({ description: 'Opens and clicks of this campaign count; without one those of any campaign.', optional: true, nullable: true })
  campaignId?: string | null;

  @Decimal({
    description: 'Its share, by the sum of all shares. Of segments: how large chance made the arm elsewhere, which sizes are then checked against; all arms have one, or none.',
    min: 0.001, max: 1_000_000, optional: true, nullable: true, example: 50,
  })
  share?: number | null;

  @Flag({ description: 'Whether it is sent nothing, to be compared with; default false. It has no opens and clicks.', optional: true, example: false })
  holdout?: boolean;
}

const exampleArms = [{ name: 'Plain subject', share: 50 }, { name: 'Subject with a name', share: 50 }];

export class CreateExperimentDto {
  @Text({ description: 'What people call it.', example: 'First name in the subject' })
  name!: string;

  @Text({ description: 'What is believed, and why.', max: 2000, example: 'More people convert when the subject calls them by their name.' })
  hypothesis!: string;

  @OneOf(designs, { description: 'Arms made by chance of one segment, or a segment for each arm; default `split`.', optional: true, example: 'split' })
  design?: Design;

  @OneOf(metrics, { description: 'What decides. `open`, `click`, `conversion`: the share of contacts with one; `revenue`: the mean by contact.', example: 'conversion' })
  metric!: Metric;

  @ApiProperty({ enum: metrics, isArray: true, required: false, maxItems: 3, description: 'What else is looked at.', example: ['revenue'] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(3)
  @ArrayUnique()
  @IsIn([...metrics], { each: true })
  secondaryMetrics?: Metric[];

  @Decimal({ description: 'What the metric is expected to be in the control: a rate between 0 and 1, or revenue by contact.', min: 0.000001, max: 1e9, example: 0.05 })
  baseline!: number;

  @Decimal({ description: 'The least difference to the control that matters, in the unit of the baseline.', min: 0.000001, max: 1e9, example: 0.01 })
  minimumEffect!: number;

  @Decimal({ description: 'Of `revenue` by contact, buyers or not.', min: 0.000001, max: 1e12, optional: true, nullable: true })
  standardDeviation?: number | null;

  @Decimal({ description: 'The chance to find a difference as large as the minimum effect; default 0.8.', min: 0.5, max: 0.999, optional: true, example: 0.8 })
  power?: number;

  @Decimal({ description: 'The chance to find a difference where there is none; default 0.05.', min: 0.0001, max: 0.5, optional: true, example: 0.05 })
  alpha?: number;

  @Id({ description: 'Of a split: the segment whose contacts are put into arms; without one everybody\'s are.', optional: true, nullable: true })
  segmentId?: string | null;

  @ApiProperty({ type: [ExperimentArmDto], minItems: 2, maxItems: 10, description: 'The first is the control.', example: exampleArms })
  @IsArray()
  @ArrayMinSize(2)
  @ArrayMaxSize(10)
  @ValidateNested({ each: true })
  @Type(() => ExperimentArmDto)
  arms!: ExperimentArmDto[];
}

export class ExperimentArmReadDto {
  @ApiProperty({ example: 'Plain subject' })
  name!: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  segmentId!: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  campaignId!: string | null;

  @ApiProperty({ type: Number, nullable: true, example: 50 })
  share!: number | null;

  @ApiProperty()
  holdout!: boolean;
}

export class ExperimentDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'First name in the subject' })
  name!: string;

  @ApiProperty({ example: 'More people convert when the subject calls them by their name.' })
  hypothesis!: string;

  @ApiProperty({ enum: ['draft', 'running', 'stopped'] })
  status!: string;

  @ApiProperty({ enum: designs })
  design!: Design;

  @ApiProperty({ enum: metrics })
  metric!: Metric;

  @ApiProperty({ enum: metrics, isArray: true })
  secondaryMetrics!: readonly Metric[];

  @ApiProperty({ example: 0.05 })
  baseline!: number;

  @ApiProperty({ example: 0.01 })
  minimumEffect!: number;

  @ApiProperty({ type: Number, nullable: true })
  standardDeviation!: number | null;

  @ApiProperty({ example: 0.8 })
  power!: number;

  @ApiProperty({ example: 0.05 })
  alpha!: number;

  @ApiProperty({ description: 'How many contacts each arm needs for that.', example: 8158 })
  requiredPerArm!: number;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  segmentId!: string | null;

  @ApiProperty({ type: [ExperimentArmReadDto] })
  arms!: readonly ExperimentArmReadDto[];

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  startedAt!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  stoppedAt!: string | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;

  static of(experiment: Experiment): ExperimentDto {
    const plan = experiment.plan as Plan;
    const { design, metric, secondaryMetrics, baseline, minimumEffect, standardDeviation, power, alpha, segmentId, arms } = plan;
    return {
      id: experiment.id, name: experiment.name, hypothesis: experiment.hypothesis, status: experiment.status,
      design, metric, secondaryMetrics, baseline, minimumEffect, standardDeviation, power, alpha, segmentId,
      requiredPerArm: contactsPerArm({ ...plan, comparisons: arms.length - 1 }),
      arms: arms.map(({ name, segmentId: segment, campaignId, share, holdout }) => ({ name, segmentId: segment, campaignId, share, holdout })),
      startedAt: experiment.startedAt?.toISOString() ?? null, stoppedAt: experiment.stoppedAt?.toISOString() ?? null,
      createdAt: experiment.createdAt.toISOString(), updatedAt: experiment.updatedAt.toISOString(),
    };
  }
}
