import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { SubscriptionStatus } from '#database';
import { maxTags, maxTextLength, subscriptionStatuses } from '../contact-properties.js';

const text = (example: string): PropertyDecorator => ApiPropertyOptional({ type: String, nullable: true, maxLength: maxTextLength, example });
const tags = (description: string): PropertyDecorator => ApiPropertyOptional({
  type: 'array', items: { type: 'string', minLength: 1, maxLength: maxTextLength }, maxItems: maxTags, description,
});

/** Describes what `contact-row.ts` reads: rows are judged there, one by one, so that each comes back with its own faults. */
class ContactPropertiesDto {
  @text('Ada')
  firstName?: string | null;

  @text('L')
  lastName?: string | null;

  @text('Analytical Engines')
  company?: string | null;

  @text('Mathematician')
  jobTitle?: string | null;

  @text('+1 415 555 0100')
  phone?: string | null;

  @text('United States')
  country?: string | null;

  @text('California')
  state?: string | null;

  @text('San Francisco')
  city?: string | null;

  @text('America/Los_Angeles')
  timezone?: string | null;

  @text('webinar')
  source?: string | null;

  @ApiPropertyOptional({ enum: subscriptionStatuses, description: '`active` where a new contact has none.', example: 'active' })
  subscriptionStatus?: SubscriptionStatus;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: -1e15, maximum: 1e15, example: 72 })
  leadScore?: number | null;

  @ApiPropertyOptional({
    type: 'array', items: { type: 'string', maxLength: maxTextLength }, maxItems: maxTags, nullable: true,
    description: 'Replaces the tags.', example: ['vip'],
  })
  tags?: string[] | null;

  @tags('Added to the tags, those that are there already excepted.')
  addTags?: string[];

  @tags('Taken from the tags, whatever their letter case.')
  removeTags?: string[];

  @ApiPropertyOptional({ format: 'date-time', description: 'For importers of history; now where a new contact has none.', example: '2026-01-05T10:00:00Z' })
  createdAt?: string;

  @ApiPropertyOptional({
    type: 'object', additionalProperties: true, nullable: true, example: {},
    description: 'By the keys of the custom fields; merged by key, `null` clears one. A date is `YYYY-MM-DD`, a datetime an instant with offset.',
  })
  customFields?: Record<string, unknown> | null;
}

export class UpdateContactDto extends ContactPropertiesDto {
  @ApiPropertyOptional({ maxLength: 320, example: 'ada@example.com', description: 'Trimmed; unique whatever its letter case.' })
  email?: string;
}

export class CreateContactDto extends ContactPropertiesDto {
  @ApiProperty({ maxLength: 320, example: 'ada@example.com', description: 'Trimmed; unique whatever its letter case.' })
  email!: string;
}

export class ContactsBatchDto {
  @ApiProperty({
    type: [CreateContactDto], maxItems: 10_000,
    example: [{ email: 'ada@example.com', firstName: 'Ada', leadScore: 72 }, { email: 'grace@example.com', addTags: ['vip'] }],
  })
  contacts!: CreateContactDto[];

  @ApiPropertyOptional({ enum: ['update', 'skip'], default: 'update', description: 'What a row does whose address is there already.', example: 'update' })
  onDuplicate?: 'update' | 'skip';
}
