import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Role } from '#database';
import type { Access } from '../http/index.js';

/** Who makes the request: one key of one tenant, or whom a token of the identity provider names. */
export interface Caller {
  readonly tenantId: string;
  /** As it is kept where something says who did it: `api-key:<id>`, `user:<sub>`. */
  readonly name: string;
  readonly role: Role;
}

/** `admittedTo`: which access the guard has granted it. */
export type CallerRequest = FastifyRequest & { caller?: Caller; admittedTo?: Access };

/** How a caller is named where something keeps who did it (`createdBy`, history). */
export function nameOf(caller: Caller): string {
  return caller.name;
}

/** The caller of the request, put there by the guard. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<CallerRequest>();
  if (caller === undefined) throw new Error('this route is not guarded');
  return caller;
});
