import { ApiProperty } from '@nestjs/swagger';
import { StandingDto } from '../../segments/index.js';

export class FindingDto extends StandingDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'Engaged in the US' })
  name!: string;

  @ApiProperty({ description: 'Why it is listed, in words.', example: 'Nobody asked for its members since 2026-07-01.' })
  reason!: string;
}

export class ContradictionDto extends FindingDto {
  @ApiProperty({ type: [String], description: 'The conditions of its rules, as JSON Pointers.', example: ['/groups/0/conditions/0', '/groups/0/conditions/1'] })
  pointers!: string[];
}

export class DeclineDto extends FindingDto {
  @ApiProperty({ description: 'Its size 30 days ago.' })
  before!: number;

  @ApiProperty({ description: 'Its size, right for `asOf`.' })
  size!: number;
}

export class AlikeDto {
  @ApiProperty({ format: 'uuid' })
  a!: string;

  @ApiProperty()
  nameOfA!: string;

  @ApiProperty({ format: 'uuid' })
  b!: string;

  @ApiProperty()
  nameOfB!: string;

  @ApiProperty({ enum: ['rules', 'members'], description: 'rules: they say the same, in whatever way they are written; members: at least nine in ten are the same.' })
  by!: 'rules' | 'members';

  @ApiProperty({ type: Number, nullable: true, description: 'By members: intersection / union, exact up to half a million members in all, beyond that of a sample.' })
  jaccard!: number | null;
}

export class HygieneDto {
  @ApiProperty({ format: 'date-time', description: 'The moment of the report: days are counted back from it, and contacts counted at it.' })
  at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'The moment that the members counted here are right for, of the active dynamic segment that is furthest behind; null where none was refreshed yet.' })
  asOf!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Since when a change waits that not all of these segments show; null where none does.' })
  pendingSince!: string | null;

  @ApiProperty({ description: 'All contacts.' })
  contactCount!: number;

  @ApiProperty({ type: [FindingDto], description: 'Nobody changed it or asked for its members for 90 days, and no other segment names it.' })
  unused!: FindingDto[];

  @ApiProperty({ type: [FindingDto], description: 'Active, and nobody is in it.' })
  empty!: FindingDto[];

  @ApiProperty({ type: [FindingDto], description: 'Its last refresh failed.' })
  failing!: FindingDto[];

  @ApiProperty({ type: [DeclineDto], description: 'It has lost a tenth or more of its members in 30 days.' })
  declining!: DeclineDto[];

  @ApiProperty({ type: [FindingDto], description: 'Dynamic, and everybody is in it, or its rules leave nobody out.' })
  everyone!: FindingDto[];

  @ApiProperty({ type: [ContradictionDto], description: 'Its rules can match nobody, whatever the data.' })
  contradictory!: ContradictionDto[];

  @ApiProperty({ type: [AlikeDto] })
  nearDuplicates!: AlikeDto[];
}
