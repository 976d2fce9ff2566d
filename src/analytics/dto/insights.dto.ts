import { ApiProperty } from '@nestjs/swagger';
import { StandingDto } from '../../segments/index.js';
import { IntervalDto } from './measures.dto.js';

export class CohortWeekDto {
  @ApiProperty({ description: '0 is the week of the start.', example: 0 })
  week!: number;

  @ApiProperty({ description: 'Members at its end, or now.', example: 118 })
  retained!: number;

  @ApiProperty({ description: 'Contacts who opened, clicked, replied or converted.', example: 64 })
  active!: number;

  @ApiProperty({ description: 'Contacts who converted.', example: 12 })
  converted!: number;

  @ApiProperty({ example: 14 })
  conversions!: number;

  @ApiProperty({ example: 612.4 })
  revenue!: number;
}

export class CohortDto {
  @ApiProperty({ format: 'date', description: 'The Monday of the week in which these contacts started.', example: '2026-11-02' })
  week!: string;

  @ApiProperty({ example: 120 })
  size!: number;

  @ApiProperty({ type: [CohortWeekDto] })
  weeks!: CohortWeekDto[];
}

export class CohortsDto extends StandingDto {
  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty({ enum: ['entry', 'firstConversion'] })
  by!: string;

  @ApiProperty({ example: 'UTC' })
  timezone!: string;

  @ApiProperty({ type: [CohortDto] })
  cohorts!: CohortDto[];
}

export class RfmCellDto {
  @ApiProperty({ description: '1 to 5; 5 converted most recently.', example: 5 })
  recency!: number;

  @ApiProperty({ description: '1 to 5; 5 converted most often.', example: 4 })
  frequency!: number;

  @ApiProperty({ description: '1 to 5; 5 spent most.', example: 4 })
  monetary!: number;

  @ApiProperty({ example: 31 })
  contacts!: number;

  @ApiProperty({ example: 4120.75 })
  revenue!: number;

  @ApiProperty({ description: 'Conversions a contact.', example: 3.2 })
  meanConversions!: number;

  @ApiProperty({ description: 'Days since the last one.', example: 12.5 })
  meanDaysSince!: number;
}

export class ValueDecileDto {
  @ApiProperty({ description: '1 is the tenth that spent most.', example: 1 })
  decile!: number;

  @ApiProperty({ example: 31 })
  contacts!: number;

  @ApiProperty({ example: 9120.75 })
  revenue!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'Of all revenue of the segment\'s customers.', example: 0.41 })
  share!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Of this tenth and those above it.', example: 0.41 })
  cumulativeShare!: number | null;

  @ApiProperty({ description: 'What the least of them spent.', example: 180.2 })
  least!: number;

  @ApiProperty({ example: 912.5 })
  most!: number;
}

export class RfmDto extends StandingDto {
  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty({ description: 'Present members who have converted.', example: 310 })
  customers!: number;

  @ApiProperty({ example: 22240.5 })
  revenue!: number;

  @ApiProperty({ type: [RfmCellDto], description: 'Scores are by rank among these customers; equal ones have equal scores.' })
  cells!: RfmCellDto[];

  @ApiProperty({ type: [ValueDecileDto] })
  deciles!: ValueDecileDto[];
}

export class ProfileValueDto {
  @ApiProperty({ example: 'Germany' })
  value!: string;

  @ApiProperty({ description: 'Members with this value; where `sampled`, estimated.', example: 420 })
  members!: number;

  @ApiProperty({ description: 'Of all members.', example: 0.42 })
  memberShare!: number;

  @ApiProperty({ description: 'All contacts with this value; where `sampled`, estimated.', example: 2100 })
  contacts!: number;

  @ApiProperty({ description: 'Of all contacts.', example: 0.21 })
  contactShare!: number;

  @ApiProperty({ description: 'memberShare / contactShare.', example: 2 })
  lift!: number;

  @ApiProperty({ type: IntervalDto, nullable: true, description: 'Of the lift, 95 %; null where everyone is a member.' })
  liftInterval!: IntervalDto | null;

  @ApiProperty({ description: 'That members have the value as often as the others (chi-squared; Fisher\'s exact test where counts are small).', example: 0.0004 })
  pValue!: number;

  @ApiProperty({ description: 'Corrected for all values looked at (Benjamini and Hochberg).', example: 0.002 })
  qValue!: number;

  @ApiProperty({ description: 'Whether qValue is at most 0.05: among all such values, 5 % are expected to be chance.', example: true })
  significant!: boolean;

  @ApiProperty({ enum: ['over', 'under', 'equal'], description: 'Represented against all contacts.' })
  representation!: 'over' | 'under' | 'equal';
}

export class ProfileFieldDto {
  @ApiProperty({ description: 'As rules name it: a field, `tags`, `customField.<key>`; or a behaviour.', example: 'country' })
  field!: string;

  @ApiProperty({ type: [ProfileValueDto], description: 'The surest first, at most 50.' })
  values!: ProfileValueDto[];
}

export class ProfileSampleDto {
  @ApiProperty({ description: 'How many of the members were looked at.', example: 10000 })
  members!: number;

  @ApiProperty({ description: 'How many of the other contacts.', example: 98000 })
  others!: number;
}

export class ProfileDto extends StandingDto {
  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty({ example: 1000 })
  members!: number;

  @ApiProperty({ example: 10000 })
  contacts!: number;

  @ApiProperty({
    type: ProfileSampleDto, nullable: true,
    description: 'Of a tenant with more than 100,000 contacts a part is looked at, by a hash of the contact\'s id: the same each time. Tests and intervals go by whom was looked at; counts and shares are estimated. `null`: everyone was.',
  })
  sampled!: ProfileSampleDto | null;

  @ApiProperty({ description: 'How many values were looked at, in all fields together.', example: 214 })
  tested!: number;

  @ApiProperty({ type: [ProfileFieldDto] })
  fields!: ProfileFieldDto[];
}
