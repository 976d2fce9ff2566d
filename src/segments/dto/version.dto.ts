import { ApiProperty } from '@nestjs/swagger';
import { WholeNumber } from '../../http/index.js';

export class RestoreDto {
  @WholeNumber({ description: 'The `rulesVersion` whose rules come back, as a new version.', min: 1, max: 2_147_483_647, example: 1 })
  version!: number;
}

/** What edits and versions tell alike. */
class EditedDto {
  @ApiProperty({ description: 'The segment\'s `revision` after it.', example: 5 })
  revision!: number;

  @ApiProperty({ description: 'Who did it.', example: 'api-key:0199d6a2-7b1e-7c3a-9f52-0c6f6f1f2a11' })
  by!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;
}

export class EditDto extends EditedDto {
  @ApiProperty({ type: [String], description: 'The properties that it changed.', example: ['name', 'rules'] })
  changed!: string[];

  @ApiProperty({ description: 'The segment\'s `rulesVersion` after it.', example: 3 })
  rulesVersion!: number;
}

export class VersionDto extends EditedDto {
  @ApiProperty({ description: 'The `rulesVersion`.', example: 3 })
  version!: number;

  @ApiProperty({ type: 'object', additionalProperties: true })
  rules!: object;

  @ApiProperty({ description: 'The rules in plain words, as they were then.' })
  ruleText!: string;
}
