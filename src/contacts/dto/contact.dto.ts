import { ApiProperty } from '@nestjs/swagger';
import { instantOf, type SubscriptionStatus } from '#database';
import { PageQuery, Text } from '../../http/index.js';
import { type CustomValue, subscriptionStatuses } from '../contact-properties.js';
import type { ContactRecord } from '../contact-record.js';
import type { CustomFieldSet } from '../custom-values.js';

const nullableText = (example: string): PropertyDecorator => ApiProperty({ type: String, nullable: true, example });
const customFields = ApiProperty({
  type: 'object', additionalProperties: true, description: 'By the keys of the tenant\'s custom fields.', example: {},
});

export class ContactDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'ada@example.com' })
  email!: string;

  @nullableText('Ada')
  firstName!: string | null;

  @nullableText('L')
  lastName!: string | null;

  @nullableText('Analytical Engines')
  company!: string | null;

  @nullableText('Mathematician')
  jobTitle!: string | null;

  @nullableText('+1 415 555 0100')
  phone!: string | null;

  @nullableText('United States')
  country!: string | null;

  @nullableText('California')
  state!: string | null;

  @nullableText('San Francisco')
  city!: string | null;

  @nullableText('America/Los_Angeles')
  timezone!: string | null;

  @ApiProperty({ enum: subscriptionStatuses })
  subscriptionStatus!: SubscriptionStatus;

  @ApiProperty({ type: Number, nullable: true, example: 72 })
  leadScore!: number | null;

  @ApiProperty({ type: [String], example: ['vip'] })
  tags!: string[];

  @nullableText('webinar')
  source!: string | null;

  @customFields
  customFields!: Record<string, CustomValue>;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time', description: 'When a stored property last changed.' })
  updatedAt!: string;

  /** A contact as everybody shows it: a row of `contactColumns`, with the tenant's custom fields. */
  static of(record: ContactRecord, fields: CustomFieldSet): ContactDto {
    return {
      id: record.id, email: record.email, firstName: record.first_name, lastName: record.last_name, company: record.company,
      jobTitle: record.job_title, phone: record.phone, country: record.country, state: record.state, city: record.city,
      timezone: record.timezone, subscriptionStatus: record.subscription_status, leadScore: record.lead_score, tags: record.tags,
      source: record.source,
      customFields: Object.fromEntries(fields.all.flatMap(({ id, key }) => {
        const value = record.custom[id];
        return value === undefined ? [] : [[key, value]];
      })),
      createdAt: instantOf(record.created_at).toISOString(), updatedAt: instantOf(record.updated_at).toISOString(),
    };
  }
}

export class ContactsQuery extends PageQuery {
  @Text({ description: 'Only the contact of this address, whatever its letter case.', optional: true, max: 320, example: 'ada@example.com' })
  email?: string;
}
