import { randomUUID } from 'node:crypto';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config.js';
import { limitBodies, usualBody } from './body-limits.js';
import { countAnswers } from './figures.js';
import { NestLog, serviceLogger } from './log.js';
import { NoBody } from './no-body.js';
import { serveOpenApi } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { takeFiles } from './files.js';
import { commonHeaders, refuseAddress, refuseConnection, refuseWhileStopping, serveOperatorsOnly, takeJsonOnly } from './refusals.js';
import { refuseSlowBodies } from './slow-bodies.js';
import { traceRequests } from './traces.js';
import { InputPipe } from './validation.js';

/** The HTTP application, ready to listen. */
export async function createApp(module: DynamicModule, config: Config): Promise<NestFastifyApplication> {
  const logger = serviceLogger(config);
  const adapter = new FastifyAdapter({
    bodyLimit: usualBody, loggerInstance: logger, genReqId: () => randomUUID(), requestIdHeader: false,
    routerOptions: { maxParamLength: 2500 }, forceCloseConnections: 'idle',
    // Fastify's own is no problem document: see `refuseWhileStopping`.
    return503OnClosing: false,
    // Headers within 20 s, looked at every 5; bodies have limits of their own: see `refuseSlowBodies`.
    requestTimeout: 0, http: { headersTimeout: 20_000, connectionsCheckingInterval: 5000 },
    // Judged as any unknown property, in its row: see InputPipe and the rows of batches.
    onProtoPoisoning: 'ignore', onConstructorPoisoning: 'ignore',
    frameworkErrors: refuseAddress, clientErrorHandler: refuseConnection,
  });
  adapter.registerParserMiddleware();
  const fastify = adapter.getInstance();
  limitBodies(fastify);
  traceRequests(fastify);
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers(commonHeaders(request));
    if (request.url.startsWith('/docs')) {
      void reply.header('content-security-policy', 'default-src \'self\'; img-src \'self\' data:; style-src \'self\' \'unsafe-inline\'; script-src \'self\' \'unsafe-inline\'; frame-ancestors \'none\'');
    }
    done();
  });
  if (config.role === 'worker') serveOperatorsOnly(fastify);
  countAnswers(fastify, config);
  refuseWhileStopping(fastify);
  refuseSlowBodies(fastify);
  takeJsonOnly(fastify);
  await takeFiles(fastify);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: new NestLog(logger), bodyParser: true });
  app.useGlobalInterceptors(new NoBody());
  app.useGlobalPipes(new InputPipe());
  app.useGlobalFilters(new ProblemFilter());
  app.enableShutdownHooks([]);
  if (config.role !== 'worker') serveOpenApi(app, config);
  await app.init();
  return app;
}
