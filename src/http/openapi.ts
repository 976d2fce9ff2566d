import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { completeDocument } from './openapi-completion.js';
import { ProblemDto } from './problems.js';

/** The OpenAPI document, generated from the decorators. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const outline = new DocumentBuilder()
    .setTitle('Contact segments')
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .setDescription('Contacts, their events, and the segments that follow them. Authorize with an API key (`sk_…`).')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key: `sk_<tenant id>_<secret>`. The operator\'s endpoints take `ADMIN_API_KEY`.' }, 'key')
    .addSecurityRequirements('key')
    .build();
  return completeDocument(SwaggerModule.createDocument(app, outline, {
    extraModels: [ProblemDto],
    operationIdFactory: (_controller, method) => method,
  }));
}

/** Serves `/docs` and `/openapi.json`. */
export function serveOpenApi(app: INestApplication): OpenAPIObject {
  const document = openApiDocument(app);
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Contact segments',
    swaggerOptions: { persistAuthorization: true, tryItOutEnabled: true, displayRequestDuration: true, docExpansion: 'none' },
  });
  return document;
}
