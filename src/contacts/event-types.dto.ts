import { ApiProperty } from '@nestjs/swagger';
import type { EventType } from '#database';
import { JsonObject, Text } from '../http/index.js';

const declared = {
  description: 'The types of the events\' own properties, by name: they document and feed the catalog. A value of another type is stored and counts as unset.',
  optional: true, example: { plan: 'string', seats: 'number' },
  schema: { type: 'object', additionalProperties: { type: 'string', enum: ['string', 'number', 'boolean'] } },
};

export class CreateEventTypeDto {
  @Text({ description: 'What events and rules call it.', pattern: /^[a-z][a-z0-9_]{0,62}$/, max: 63, example: 'webinar_attended' })
  key!: string;

  @Text({ description: 'What people read.', example: 'Attended a webinar' })
  label!: string;

  @JsonObject(declared)
  properties?: Record<string, unknown>;
}

export class UpdateEventTypeDto {
  @Text({ description: 'What people read.', optional: true, example: 'Attended a webinar' })
  label?: string;

  @JsonObject({ ...declared, description: `${declared.description} The object replaces the old one.` })
  properties?: Record<string, unknown>;
}

export class EventTypeDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'webinar_attended' })
  key!: string;

  @ApiProperty({ example: 'Attended a webinar' })
  label!: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string', enum: ['string', 'number', 'boolean'] }, example: { plan: 'string' } })
  properties!: Record<string, 'string' | 'number' | 'boolean'>;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;

  static of(type: EventType): EventTypeDto {
    return {
      id: type.id, key: type.key, label: type.label, properties: type.properties,
      createdAt: type.createdAt.toISOString(), updatedAt: type.updatedAt.toISOString(),
    };
  }
}
