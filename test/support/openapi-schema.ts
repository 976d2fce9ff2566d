/** The shape of an OpenAPI 3.0 document, as far as this project's has it; nothing else may stand in one. */
const schema = { $ref: '#/definitions/schema' };
const mapOf = (value: object): object => ({ type: 'object', additionalProperties: value });
const media = mapOf({ type: 'object', required: ['schema'], properties: { schema, example: {}, examples: { type: 'object' } }, additionalProperties: false });

export const openApiSchema = {
  type: 'object', required: ['openapi', 'info', 'paths', 'components'], additionalProperties: false,
  properties: {
    openapi: { type: 'string', pattern: '^3\\.0\\.\\d$' },
    info: {
      type: 'object', required: ['title', 'version'],
      properties: { title: { type: 'string', minLength: 1 }, version: { type: 'string' }, description: { type: 'string' }, contact: {}, license: { type: 'object', required: ['name'] } }, additionalProperties: false,
    },
    tags: { type: 'array' }, security: { $ref: '#/definitions/security' },
    servers: { type: 'array', items: { type: 'object', required: ['url'] } },
    paths: {
      type: 'object', additionalProperties: false,
      patternProperties: {
        '^/': {
          type: 'object', additionalProperties: false,
          properties: Object.fromEntries(['get', 'put', 'post', 'patch', 'delete'].map((method) => [method, { $ref: '#/definitions/operation' }])),
        },
      },
    },
    components: {
      type: 'object', additionalProperties: false,
      properties: { schemas: mapOf(schema), securitySchemes: mapOf({ type: 'object', required: ['type'] }) },
    },
  },
  definitions: {
    security: { type: 'array', items: mapOf({ type: 'array', items: { type: 'string' } }) },
    operation: {
      type: 'object', required: ['operationId', 'summary', 'tags', 'responses'], additionalProperties: false,
      properties: {
        'x-required-role': { enum: ['viewer', 'editor', 'admin', 'operator'] },
        operationId: { type: 'string', pattern: '^[a-z][A-Za-z]+$' }, summary: { type: 'string', minLength: 5 }, description: { type: 'string', minLength: 1 },
        tags: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } }, security: { $ref: '#/definitions/security' },
        parameters: {
          type: 'array',
          items: {
            type: 'object', required: ['name', 'in', 'schema'], additionalProperties: false,
            properties: {
              name: { type: 'string' }, in: { enum: ['path', 'query', 'header'] }, required: { type: 'boolean' }, description: { type: 'string' }, schema, example: {},
            },
            if: { properties: { in: { const: 'path' } } }, then: { required: ['required'], properties: { required: { const: true } } },
          },
        },
        requestBody: { type: 'object', required: ['content'], properties: { required: { type: 'boolean' }, description: { type: 'string' }, content: media }, additionalProperties: false },
        responses: {
          type: 'object', minProperties: 1, additionalProperties: false,
          patternProperties: {
            '^[2345]\\d\\d$': {
              type: 'object', required: ['description'], properties: { description: { type: 'string', minLength: 1 }, content: media, headers: {} }, additionalProperties: false,
            },
          },
        },
      },
    },
    schema: {
      type: 'object', additionalProperties: false,
      properties: {
        $ref: { type: 'string', pattern: '^#/components/schemas/[\\w.-]+$' },
        type: { enum: ['object', 'array', 'string', 'number', 'integer', 'boolean'] },
        format: { type: 'string' }, description: { type: 'string' }, example: {}, default: {}, nullable: { type: 'boolean' }, enum: { type: 'array', minItems: 1 },
        minimum: { type: 'number' }, maximum: { type: 'number' }, minLength: { type: 'integer' }, maxLength: { type: 'integer' }, pattern: { type: 'string' },
        minItems: { type: 'integer' }, maxItems: { type: 'integer' }, uniqueItems: { type: 'boolean' }, title: { type: 'string' },
        required: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string' } },
        properties: mapOf(schema), items: schema, additionalProperties: { anyOf: [{ type: 'boolean' }, schema] },
        allOf: { type: 'array', items: schema }, oneOf: { type: 'array', items: schema }, anyOf: { type: 'array', items: schema },
      },
      if: { properties: { type: { const: 'array' } }, required: ['type'] }, then: { required: ['items'] },
    },
  },
};
