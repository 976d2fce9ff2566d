import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** Enough for everything that is no list and holds none. */
export const usualBody = 1024 * 1024;
// 10,000 events of some 500 bytes are 5 MB; 32 MiB leaves room for long texts and stays far below the memory limit.
export const largestBody = 32 * 1024 * 1024;

/** Of routes whose body may be large: batches, rules, lists, and contacts with their texts. */
export const LargeBody = (): MethodDecorator => RouteConfig({ takesLargeBody: true });

/** Call it before the routes are made. Files are streamed, and have limits of their own. */
export function limitBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    const { takesLargeBody } = (route.config ?? {}) as { takesLargeBody?: boolean };
    if (takesLargeBody === true) route.bodyLimit = largestBody;
  });
}
