import { ApiProperty } from '@nestjs/swagger';
import { instantOf } from '#database';
import { RowFaultDto } from './dto/batch-outcome.dto.js';

const exampleEvent = {
  id: 'evt_123', type: 'clicked', email: 'ada@example.com', occurredAt: '2026-11-20T09:30:00Z',
  campaignId: 'launch-q4', url: 'https://example.com/pricing', device: 'mobile', revenue: 120.5, properties: { plan: 'pro' },
};

/** The body of `POST /events/batch` as the OpenAPI document has it; its rows are read one by one in `event-row.ts`. */
export const eventsBatchSchema = {
  type: 'object', required: ['events'], additionalProperties: false,
  properties: {
    events: {
      type: 'array', maxItems: 10_000, description: 'A row that is at fault comes back in `failed`; the others are stored.',
      items: {
        type: 'object', required: ['id', 'type', 'occurredAt'], additionalProperties: false, example: exampleEvent,
        properties: {
          id: { type: 'string', minLength: 1, maxLength: 200, description: 'The sender\'s, case-sensitive, unique in the tenant.' },
          type: { type: 'string', description: 'A built-in type or the key of one of the tenant\'s own.' },
          email: { type: 'string', nullable: true, description: 'Of the contact, without regard to letter case. One of `email` and `contactId` is needed.' },
          contactId: { type: 'string', format: 'uuid', nullable: true },
          occurredAt: { type: 'string', format: 'date-time', description: 'With offset; digits beyond milliseconds are cut off.' },
          campaignId: { type: 'string', maxLength: 200, nullable: true, description: 'A campaign\'s id or external id, or any other text.' },
          url: { type: 'string', maxLength: 10_000, nullable: true },
          device: { type: 'string', maxLength: 10_000, nullable: true },
          revenue: { type: 'number', nullable: true, description: 'At most 2 decimals; may be 0 or negative.' },
          properties: { type: 'object', additionalProperties: true, nullable: true, description: 'At most 65,536 characters, 10 levels deep.' },
        },
      },
    },
  },
  example: { events: [exampleEvent] },
};

class FailedRowDto {
  @ApiProperty({ description: 'The row\'s place in the batch, from 0.', example: 3 })
  index!: number;

  @ApiProperty({ type: [RowFaultDto] })
  errors!: RowFaultDto[];
}

export class EventsAcceptedDto {
  @ApiProperty({ description: 'Rows that were stored.', example: 1 })
  accepted!: number;

  @ApiProperty({ description: 'Rows whose id was used before, in the store or earlier in the batch: they change nothing.', example: 0 })
  duplicates!: number;

  @ApiProperty({ type: [FailedRowDto], description: 'Rows at fault. Their ids are not used up.' })
  failed!: FailedRowDto[];
}

/** A row of `eventsOfContact`. */
export interface StoredEvent {
  id: string;
  contact_id: string;
  type: string;
  occurred_at: string;
  campaign_id: string | null;
  url: string | null;
  device: string | null;
  revenue: string | null;
  properties: Record<string, unknown>;
  received_at: string;
}

export class EventDto {
  @ApiProperty({ description: 'The sender\'s.', example: 'evt_123' })
  id!: string;

  @ApiProperty({ example: 'clicked', description: 'Of an own type its key, or its id where the type was deleted since.' })
  type!: string;

  @ApiProperty({ format: 'uuid' })
  contactId!: string;

  @ApiProperty({ format: 'date-time' })
  occurredAt!: string;

  @ApiProperty({ type: String, nullable: true, example: 'launch-q4' })
  campaignId!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'https://example.com/pricing' })
  url!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'mobile' })
  device!: string | null;

  @ApiProperty({ type: Number, nullable: true, example: 120.5 })
  revenue!: number | null;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { plan: 'pro' } })
  properties!: Record<string, unknown>;

  @ApiProperty({ format: 'date-time', description: 'When it was accepted.' })
  receivedAt!: string;

  static of(event: StoredEvent): EventDto {
    return {
      id: event.id, type: event.type, contactId: event.contact_id, occurredAt: instantOf(event.occurred_at).toISOString(),
      campaignId: event.campaign_id, url: event.url, device: event.device,
      revenue: event.revenue === null ? null : Number(event.revenue), properties: event.properties,
      receivedAt: instantOf(event.received_at).toISOString(),
    };
  }
}
