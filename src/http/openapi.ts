import type { INestApplication } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { Config } from '../config.js';
import { guardedRoutes } from './access.js';
import { completeDocument } from './openapi-completion.js';
import { ProblemDto } from './problems.js';

/** The OpenAPI document, generated from the decorators. */
export function openApiDocument(app: INestApplication, { identityProvider }: Pick<Config, 'identityProvider'>): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setTitle('Contact segments')
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .setDescription('Contacts, their events, and the segments that follow them. Authorize with an API key (`sk_…`); each operation says which role it needs: a `viewer` reads, an `editor` also writes, an `admin` may do everything in a tenant.')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key: `sk_<tenant id>_<secret>`. It has a role in its tenant.' }, 'key')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The operator\'s key: what `ADMIN_API_KEY` was set to at the start. It is no tenant\'s.' }, 'operator');
  if (identityProvider !== null) {
    outline.addBearerAuth({
      type: 'http', scheme: 'bearer', bearerFormat: 'JWT',
      description: `A token of ${identityProvider.issuer} for ${identityProvider.audience}. The claims \`${identityProvider.tenantClaim}\` and \`${identityProvider.roleClaim}\` name tenant and role.`,
    }, 'token');
  }
  const document = SwaggerModule.createDocument(app, outline.build(), {
    extraModels: [ProblemDto],
    operationIdFactory: (_controller, method) => method,
  });
  const access = new Map(guardedRoutes(app.get(ModulesContainer)).map((route) => [route.operation, route.access]));
  return completeDocument(document, access, identityProvider === null ? ['key'] : ['key', 'token']);
}

/** Serves `/docs` and `/openapi.json`. */
export function serveOpenApi(app: INestApplication, config: Config): OpenAPIObject {
  const document = openApiDocument(app, config);
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Contact segments',
    swaggerOptions: { persistAuthorization: true, tryItOutEnabled: true, displayRequestDuration: true, docExpansion: 'none' },
  });
  return document;
}
