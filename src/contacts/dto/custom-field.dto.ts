import { ApiProperty } from '@nestjs/swagger';
import type { CustomField, CustomFieldType } from '#database';
import { OneOf, Text, TextList } from '../../http/index.js';

const types: readonly CustomFieldType[] = ['text', 'number', 'boolean', 'date', 'datetime', 'select', 'multi_select'];

export class CreateCustomFieldDto {
  @Text({ description: 'How contacts and rules (`customField.<key>`) name it; never changes.', pattern: /^[a-z][a-z0-9_]{0,62}$/, max: 63, example: 'industry' })
  key!: string;

  @Text({ description: 'How people see it.', example: 'Industry' })
  label!: string;

  @OneOf(types, { description: 'Never changes.', example: 'select' })
  type!: CustomFieldType;

  @TextList({ description: 'What can be chosen; of `select` and `multi_select` only.', optional: true, max: 1000, maxLength: 1000, example: ['SaaS', 'Retail', 'Health'] })
  options?: string[];
}

export class UpdateCustomFieldDto {
  @Text({ description: 'How people see it.', optional: true, example: 'Line of business' })
  label?: string;

  @TextList({ description: 'Replaces the list. Contacts keep a removed option.', optional: true, max: 1000, maxLength: 1000 })
  options?: string[];
}

export class CustomFieldDto {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'industry' })
  key!: string;

  @ApiProperty({ example: 'Industry' })
  label!: string;

  @ApiProperty({ enum: types })
  type!: CustomFieldType;

  @ApiProperty({ type: [String], description: 'Empty for types other than `select` and `multi_select`.' })
  options!: string[];

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;

  static of(field: CustomField): CustomFieldDto {
    return {
      id: field.id, key: field.key, label: field.label, type: field.type, options: field.options,
      createdAt: field.createdAt.toISOString(), updatedAt: field.updatedAt.toISOString(),
    };
  }
}
