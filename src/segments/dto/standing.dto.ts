import { ApiProperty } from '@nestjs/swagger';

const instant = { type: 'string', format: 'date-time' } as const;

/** The same as headers, where the rows of an answer are members. */
export const standingHeaders = {
  'Segment-As-Of': { description: 'The moment that the members of a dynamic segment are right for; not sent before its first refresh, nor of a static one.', schema: instant },
  'Segment-Pending-Since': { description: 'Since when a change of the tenant’s data waits to be applied; not sent where none does.', schema: instant },
};

/** How far a segment is, of whose members an answer tells. */
export class StandingDto {
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'The moment that the members of a dynamic segment are right for; null before its first refresh, and of a static one, which is always right.' })
  asOf!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Since when a change of the tenant’s data waits to be applied; null where none does, and of a static segment.' })
  pendingSince!: string | null;
}
