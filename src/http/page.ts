import { applyDecorators, type Type as Class } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { Text, WholeNumberQuery } from './fields.js';
import type { ResponseHeaders } from './problems.js';

/** What every list takes. */
export class PageQuery {
  @WholeNumberQuery({ description: 'How many items at most.', min: 1, max: 1000, optional: true, example: 50 })
  limit?: number;

  /** Of any length that an address has: what is no cursor of the list is 400, whatever it looks like. */
  @Text({ description: '`nextCursor` of the page before, with the same query.', min: 0, max: 100_000, optional: true })
  cursor?: string;
}

/** What every list answers. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** Describes a list's answer, and the headers that it has beside those of every answer. */
export function ApiPage(item: Class, headers: ResponseHeaders = {}): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(item),
    ApiOkResponse({
      description: 'A page of the list.', headers,
      schema: {
        type: 'object', required: ['items', 'nextCursor'],
        properties: {
          items: { type: 'array', items: { $ref: getSchemaPath(item) } },
          nextCursor: { type: 'string', nullable: true, description: 'Where the next page begins; null on the last.' },
        },
      },
    }),
  );
}
