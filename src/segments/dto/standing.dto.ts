import { ApiProperty } from '@nestjs/swagger';

/** How far a segment is, of whose members an answer tells. */
export class StandingDto {
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'The moment that the members of a dynamic segment are right for; null before its first refresh, and of a static one, which is always right.' })
  asOf!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Since when a change of the tenant’s data waits to be applied; null where none does, and of a static segment.' })
  pendingSince!: string | null;
}
