import { ApiProperty } from '@nestjs/swagger';
import { JsonValue } from '../http/index.js';

/** Rules in every body: their content is judged by `libs/rules`, which names each fault by its JSON Pointer. */
export const rulesSchema = {
  type: 'object', additionalProperties: true, required: ['match', 'groups'],
  properties: {
    version: { type: 'integer', enum: [1] },
    timezone: { type: 'string' },
    match: { type: 'string', enum: ['all', 'any'] },
    groups: { type: 'array', items: { type: 'object', additionalProperties: true } },
    exclusions: { type: 'array', items: { type: 'object', additionalProperties: true } },
  },
};

export const exampleRules = {
  match: 'all',
  groups: [{
    match: 'all',
    conditions: [
      { field: 'contact.country', operator: 'equals', value: 'United States' },
      { event: 'opened', count: { operator: 'greater_or_equal', value: 1 }, window: { last: 30, unit: 'days' } },
    ],
  }],
};

export class ValidateRulesDto {
  @JsonValue({ description: 'A definition; `GET /rules/catalog` says what it may hold.', schema: rulesSchema, example: exampleRules })
  rules!: unknown;
}

export class ValidRulesDto {
  @ApiProperty({ enum: [true] })
  valid!: true;

  @ApiProperty({ description: 'The rules in plain words.', example: 'Country is United States and opened at least 1 time in the last 30 days' })
  description!: string;

  @ApiProperty({ type: [String], format: 'uuid', description: 'The segments that the rules name.' })
  usesSegments!: string[];

  @ApiProperty({ description: 'Whether membership can change with no new data.' })
  timeDependent!: boolean;
}
