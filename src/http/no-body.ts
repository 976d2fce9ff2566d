import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { objectOf, refuseProperties } from './validation.js';

const readBodies: readonly RouteParamtypes[] = [RouteParamtypes.BODY, RouteParamtypes.REQUEST];

/** What is sent to a route that takes no body is refused like any unknown property, and not passed over in silence. */
export class NoBody implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
    const { body } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!takesBody(context)) refuseProperties(Object.keys(objectOf(body)));
    return next.handle();
  }
}

/** Nest notes of each argument of a handler, in the key, of which kind it is. */
function takesBody(context: ExecutionContext): boolean {
  const noted = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as object | undefined;
  return Object.keys(noted ?? {}).some((key) => readBodies.some((kind) => key.startsWith(`${kind}:`)));
}
