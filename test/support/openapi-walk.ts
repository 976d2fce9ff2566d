/** The part of an OpenAPI 3 document that walks of it read. */
export interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  pattern?: string;
  enum?: unknown[];
  example?: unknown;
  nullable?: boolean;
  minimum?: number;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  additionalProperties?: boolean | Schema;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  example?: unknown;
  schema: Schema;
}

export interface OperationObject {
  operationId: string;
  summary?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema; example?: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
}

export interface Document {
  paths: Record<string, Record<string, OperationObject>>;
  components: { schemas: Record<string, Schema> };
}

/** One method of one path, with what a walk needs of it. */
export interface Operation {
  id: string;
  method: string;
  /** With `{placeholders}`. */
  path: string;
  /** `segments` of `/api/v1/segments/{id}/contacts`. */
  collection: string;
  pathParameters: string[];
  query: Parameter[];
  takesOnceKey: boolean;
  /** Of the JSON body, references followed. */
  body: Schema | null;
  /** As Swagger UI prints it. */
  example: unknown;
  object: OperationObject;
}

/** A place of a request that holds an id or another name of an object. */
export type Place =
  | { in: 'path'; name: string }
  | { in: 'query'; name: string; names: string }
  | { in: 'body'; at: (string | number)[]; names: string };

export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, object]) => {
    const media = object.requestBody?.content['application/json'];
    const parameters = object.parameters ?? [];
    return {
      id: object.operationId, method: method.toUpperCase(), path, object,
      collection: path.replace('/api/v1/', '').split('/')[0] ?? '',
      pathParameters: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''),
      query: parameters.filter((parameter) => parameter.in === 'query'),
      takesOnceKey: parameters.some(({ name }) => name === 'Idempotency-Key'),
      body: media === undefined ? null : followed(document, media.schema),
      example: media?.example,
    };
  }));
}

/** The schema with its references replaced by what they name; one that names itself ends at `{}`. */
export function followed(document: Document, schema: Schema, above: readonly string[] = []): Schema {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    const found = document.components.schemas[name];
    return found === undefined || above.includes(name) ? {} : followed(document, found, [...above, name]);
  }
  const follow = (one: Schema): Schema => followed(document, one, above);
  return {
    ...schema,
    ...(schema.properties === undefined ? {} : { properties: mapValues(schema.properties, follow) }),
    ...(schema.items === undefined ? {} : { items: follow(schema.items) }),
    ...(schema.allOf === undefined ? {} : { allOf: schema.allOf.map(follow) }),
    ...(schema.oneOf === undefined ? {} : { oneOf: schema.oneOf.map(follow) }),
    ...(schema.anyOf === undefined ? {} : { anyOf: schema.anyOf.map(follow) }),
  };
}

/** The client's own words: they look like ids and name nothing of ours. */
const ownWords = new Set(['externalId', 'workspaceId', 'id']);

/** What a property or parameter names: a word such as `contact`, `email`, `rules` or `cursor`; `null` where it names nothing. */
export function namedBy(name: string, schema: Schema): string | null {
  if (schema.properties?.['groups'] !== undefined && schema.properties['match'] !== undefined) return 'rules';
  if (ownWords.has(name)) return null;
  if (/^emails?$/i.test(name)) return 'email';
  if (name === 'cursor') return 'cursor';
  const word = /^(\w+?)Ids?$/.exec(name)?.[1];
  // `suppressedSegmentIds` are ids of segments.
  if (word !== undefined) return word.split(/(?=[A-Z])/).at(-1)?.toLowerCase() ?? word;
  const uuid = schema.format === 'uuid' || schema.items?.format === 'uuid';
  return uuid || name === 'ids' ? 'any' : null;
}

/** Every place of an operation that holds an id: found in the document, so that an endpoint made later has its own. */
export function placesOf(operation: Operation): Place[] {
  return [
    ...operation.pathParameters.map((name): Place => ({ in: 'path', name })),
    ...operation.query.flatMap(({ name, schema }): Place[] => {
      const names = namedBy(name, schema) ?? (schema.type === 'string' && schema.enum === undefined && schema.format === undefined ? 'text' : null);
      return names === null ? [] : [{ in: 'query', name, names }];
    }),
    ...(operation.body === null ? [] : placesIn(operation.body, [])),
  ];
}

/** Stands for the name of a member whose name the client chooses. */
export const anyName = '*';

/** `{ segments: { <name>: id } }` */
function isMapOfTexts({ additionalProperties, properties }: Schema): boolean {
  return properties === undefined && typeof additionalProperties === 'object' && additionalProperties.type === 'string' && additionalProperties.enum === undefined;
}

function placesIn(schema: Schema, at: (string | number)[]): Place[] {
  const inside = [...(schema.allOf ?? []), ...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].flatMap((one) => placesIn(one, at));
  const rows = schema.items === undefined ? [] : placesIn(schema.items, [...at, 0]);
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, property]): Place[] => {
    if (isMapOfTexts(property) && name.endsWith('s')) return [{ in: 'body', names: name.slice(0, -1), at: [...at, name, anyName] }];
    const names = namedBy(name, property);
    if (names === null) return placesIn(property, [...at, name]);
    return [{ in: 'body', names, at: [...at, name, ...(property.type === 'array' ? [0] : [])] }];
  });
  return [...inside, ...rows, ...members];
}

/** A copy of a JSON value with another value at a place; what is not there on the way is made. */
export function withValue(body: unknown, at: readonly (string | number)[], value: unknown): unknown {
  const [key, ...rest] = at;
  if (key === undefined) return value;
  if (typeof key === 'number') {
    const list = Array.isArray(body) ? [...body] : [];
    list[key] = withValue(list[key], rest, value);
    return list;
  }
  const object = typeof body === 'object' && body !== null ? body as Record<string, unknown> : {};
  return { ...object, [key]: withValue(object[key], rest, value) };
}

/** Writes `mark` into every text of a body that takes any text, the names of types excepted. Names that must be unique get it as well. */
export function marked(schema: Schema, value: unknown, mark: string): unknown {
  if (typeof value === 'string') {
    if (schema.enum !== undefined || schema.format !== undefined || value === '') return value;
    return value.includes('@') ? value.replace('@', `.${mark}@`) : `${value}${schema.pattern === undefined ? ' ' : '_'}${mark}`;
  }
  if (Array.isArray(value)) return value.map((one) => marked(schema.items ?? {}, one, mark));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => {
    const property = schema.properties?.[name];
    return [name, property === undefined || name === 'type' || namedBy(name, property) === 'rules' ? one : marked(property, one, mark)];
  }));
}

function mapValues<A, B>(object: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
