import type { OpenAPIObject } from '@nestjs/swagger';
import type { Access } from './access.js';
import { problemResponse } from './problems.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

const successes: Readonly<Record<string, string>> = {
  200: 'Done.', 201: 'Made.', 202: 'Accepted; it goes on in the background.', 204: 'Done; there is nothing to answer.',
};

const needs: Readonly<Record<Access, string>> = {
  public: 'Needs no key.',
  viewer: 'Needs the role `viewer`, which every key has at least.',
  editor: 'Needs the role `editor` or `admin`.',
  admin: 'Needs the role `admin`.',
  operator: 'Needs the operator\'s key.',
};

/**
 * Fills in what holds for all operations alike and no decorator says: 401, 403 and 429 under `/api/v1`, no key elsewhere and nothing to refuse but a packed body, a word
 * on each success, the role that the guard asks for, and of each body one whole example, of the properties that have one: with words made up from the types
 * of the others, "Try it out" would not succeed as printed. `tenantSchemes` name what a tenant's caller may send.
 */
export function completeDocument(document: OpenAPIObject, access: ReadonlyMap<string, Access>, tenantSchemes: readonly string[]): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of [item.get, item.put, item.post, item.patch, item.delete]) {
      if (operation === undefined) continue;
      if (path.startsWith('/api/v1')) Object.assign(operation.responses, { 401: problemResponse(401), 403: problemResponse(403), 429: problemResponse(429) });
      else Object.assign(operation.responses, { 415: problemResponse(415) });
      sayWhoMay(operation, access.get(operation.operationId ?? ''), tenantSchemes);
      describeSuccesses(operation);
      printExample(document, operation);
    }
  }
  return document;
}

function sayWhoMay(operation: Operation, access: Access | undefined, tenantSchemes: readonly string[]): void {
  if (access === undefined) throw new Error(`no route has the name of the operation "${operation.operationId}"`);
  operation.description = [operation.description, needs[access]].filter((text) => text !== undefined && text !== '').join('\n\n');
  operation.security = access === 'public' ? [] : (access === 'operator' ? ['operator'] : tenantSchemes).map((scheme) => ({ [scheme]: [] }));
  if (access !== 'public') Object.assign(operation, { 'x-required-role': access });
}

function describeSuccesses(operation: Operation): void {
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response !== undefined && 'description' in response && response.description === '') {
      response.description = successes[status] ?? 'Done.';
    }
  }
}

function printExample(document: OpenAPIObject, { requestBody }: Operation): void {
  if (requestBody === undefined || !('content' in requestBody)) return;
  const media = requestBody.content['application/json'];
  if (media?.schema === undefined || media.example !== undefined || media.examples !== undefined) return;
  const example = exampleOf(document, media.schema);
  if (example !== undefined) media.example = example;
}

function exampleOf(document: OpenAPIObject, schema: Schema): unknown {
  if ('$ref' in schema) {
    const found = document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''];
    return found === undefined ? undefined : exampleOf(document, found);
  }
  if (schema.example !== undefined) return schema.example;
  if (schema.properties === undefined) return undefined;
  return Object.fromEntries(Object.entries(schema.properties)
    .map(([name, property]): [string, unknown] => [name, exampleOf(document, property)])
    .filter(([, example]) => example !== undefined));
}
