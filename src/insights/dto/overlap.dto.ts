import { ApiProperty } from '@nestjs/swagger';
import { Text } from '../../http/index.js';
import { StandingDto } from '../../segments/index.js';

export class OverlapQuery {
  @Text({ description: 'Two to twenty ids of segments, with commas between.', max: 800, example: '0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11,0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a12' })
  ids!: string;
}

export class OverlapSegmentDto extends StandingDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ description: 'Its members, right for its `asOf`.' })
  size!: number;
}

export class OverlapPairDto {
  @ApiProperty({ format: 'uuid' })
  a!: string;

  @ApiProperty({ format: 'uuid' })
  b!: string;

  @ApiProperty({ description: 'Who is in both.' })
  intersection!: number;

  @ApiProperty({ description: 'Who is in one at least.' })
  union!: number;

  @ApiProperty({ description: 'intersection / union; 0 where both are empty.', example: 0.25 })
  jaccard!: number;

  @ApiProperty({ description: 'intersection / size of a; 0 where that is empty.' })
  shareOfA!: number;

  @ApiProperty({ description: 'intersection / size of b; 0 where that is empty.' })
  shareOfB!: number;
}

export class OverlapRegionDto {
  @ApiProperty({ type: [String], format: 'uuid', description: 'In these and in none of the others.' })
  segmentIds!: string[];

  @ApiProperty()
  size!: number;
}

export class OverlapDto {
  @ApiProperty({ type: [OverlapSegmentDto], description: 'In the order asked for.' })
  segments!: OverlapSegmentDto[];

  @ApiProperty({ type: [OverlapPairDto] })
  pairs!: OverlapPairDto[];

  @ApiProperty({ type: [OverlapRegionDto], required: false, description: 'Of up to five segments: the exact regions, the largest first, empty ones left out (an UpSet table). Together they are everybody who is in any.' })
  regions?: OverlapRegionDto[];
}
