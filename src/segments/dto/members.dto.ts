import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, ValidateNested } from 'class-validator';
import { ContactDto } from '../../contacts/index.js';
import { Id, Instant, OneOf, PageQuery, Text, TextList } from '../../http/index.js';
import { StandingDto } from './standing.dto.js';

export class ContactsNamedDto {
  @TextList({ description: 'Ids of contacts.', max: 10_000, optional: true })
  contactIds?: string[];

  @TextList({ description: 'Addresses of contacts, whatever the letter case.', max: 10_000, maxLength: 320, optional: true, example: ['ada@example.com'] })
  emails?: string[];
}

export class UnknownContactDto {
  @ApiProperty({ description: 'Where in the body.', example: '/emails/0' })
  path!: string;

  @ApiProperty({ enum: ['unknown_contact'] })
  code!: 'unknown_contact';

  @ApiProperty({ example: 'There is no such contact.' })
  message!: string;
}

export class MembersAddedDto {
  @ApiProperty({ description: 'How many entered.' })
  added!: number;

  @ApiProperty({ description: 'How many were members already.' })
  unchanged!: number;

  @ApiProperty({ type: [UnknownContactDto] })
  failed!: UnknownContactDto[];
}

export class MembersRemovedDto {
  @ApiProperty({ description: 'How many exited.' })
  removed!: number;

  @ApiProperty({ description: 'How many were no members.' })
  unchanged!: number;

  @ApiProperty({ type: [UnknownContactDto] })
  failed!: UnknownContactDto[];
}

export class MembersQuery extends PageQuery {
  @Instant({ description: 'The members after the last change written whose moment is not later; default: the present ones.', optional: true })
  asOf?: string;
}

export class MemberDto extends ContactDto {
  @ApiProperty({ format: 'date-time', description: 'Since when it has been a member without a break.' })
  since!: string;
}

export class OverrideDto {
  @Id({ description: 'The contact.', optional: true })
  contactId?: string;

  @Text({ description: 'The contact by address.', max: 320, optional: true, example: 'ada@example.com' })
  email?: string;

  @OneOf(['in', 'out'], { description: 'in or out whatever the rules say; null unpins.', nullable: true, example: 'in' })
  pin!: 'in' | 'out' | null;

  @Text({ description: 'Why.', max: 1000, optional: true, nullable: true, example: 'asked for it' })
  reason?: string | null;

  @Instant({ description: 'It holds before this instant; without it for ever.', optional: true, nullable: true, example: '2030-01-01T00:00:00Z' })
  until?: string | null;
}

export class OverridesDto {
  @IsArray()
  @ArrayMaxSize(10_000)
  @ValidateNested({ each: true })
  @Type(() => OverrideDto)
  @ApiProperty({ type: [OverrideDto], description: 'Those not named stay as they are.', example: [{ email: 'ada@example.com', pin: 'in', reason: 'asked for it' }] })
  overrides!: OverrideDto[];
}

export class OverridesChangedDto {
  @ApiProperty({ description: 'How many overrides are other than before.' })
  changed!: number;
}

/** What segments and contacts tell alike of a change of membership. */
class ChangeDto {
  @ApiProperty({ enum: ['entered', 'exited'] })
  change!: string;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ enum: ['rules', 'manual', 'import', 'override'] })
  via!: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'The refresh that made the change.' })
  refreshId!: string | null;
}

export class MembershipChangeDto extends ChangeDto {
  @ApiProperty({ format: 'uuid' })
  contactId!: string;

  @ApiProperty({ type: String, nullable: true })
  email!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The person or key that made the change.' })
  by!: string | null;
}

export class ContactSegmentDto extends StandingDto {
  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: ['dynamic', 'static'] })
  type!: string;

  @ApiProperty({ format: 'date-time' })
  since!: string;
}

export class ContactMembershipChangeDto extends ChangeDto {
  @ApiProperty({ format: 'uuid' })
  segmentId!: string;

  @ApiProperty()
  name!: string;
}
