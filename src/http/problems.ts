import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiResponse } from '@nestjs/swagger';

/** Headers of an answer, as the document describes them. */
export type ResponseHeaders = NonNullable<NonNullable<Parameters<typeof ApiResponse>[0]>['headers']>;

export class InputFaultDto {
  @ApiProperty({ description: 'A JSON Pointer into the body, or the name of a parameter.', example: '/name' })
  path!: string;

  @ApiProperty({ example: 'value_missing' })
  code!: string;

  @ApiProperty({ example: 'name is needed.' })
  message!: string;
}

/** RFC 9457. */
export class ProblemDto {
  @ApiProperty({ example: '/problems/not-found' })
  type!: string;

  @ApiProperty({ example: 'Not found' })
  title!: string;

  @ApiProperty({ example: 404 })
  status!: number;

  @ApiProperty({ example: 'There is no segment "0199…".' })
  detail!: string;

  @ApiProperty({ description: 'Names the request in the logs.', required: false })
  instance?: string;

  @ApiProperty({ type: [InputFaultDto], required: false, description: 'Where a body or query is at fault: every fault.' })
  errors?: InputFaultDto[];
}

const titles: Readonly<Record<number, string>> = {
  400: 'Malformed: no JSON, or a cursor of another query.',
  401: 'No key, or one that is not valid (any more).',
  403: 'The key\'s role does not allow this.',
  404: 'Not there, or another tenant\'s.',
  409: 'It does not fit the present state.',
  410: 'The object that this idempotency key made was erased since.',
  412: 'It was changed since; `changes` says what, by whom and when, and `etag` what it is at now.',
  413: 'The body or the number of rows is too large.',
  415: 'The body is packed, or no JSON.',
  422: 'Invalid: `errors` names every fault.',
  429: 'More requests than a minute allows; `Retry-After` says when to try again.',
  503: 'It took too long, or the database is away; `Retry-After` says when to try again.',
};

/** How the document describes a problem. */
export function problemResponse(status: number): { description: string; headers?: ResponseHeaders; content: Record<string, { schema: { $ref: string } }> } {
  return {
    description: titles[status] ?? 'A problem.',
    ...(status === 429 || status === 503 ? { headers: { 'Retry-After': { description: 'In how many seconds to try again.', schema: { type: 'integer', minimum: 1 } } } } : {}),
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDto' } } },
  };
}

/** Describes the problems that an endpoint answers beside those that all do (401, 403). */
export function ApiProblems(...statuses: number[]): MethodDecorator & ClassDecorator {
  return applyDecorators(...statuses.map((status) => ApiResponse({ status, ...problemResponse(status) })));
}
