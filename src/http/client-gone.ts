import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Problem } from '#kernel';

/** Aborted where the client goes away before it has its answer, so that nobody works for nobody. */
export const ClientGone = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  const { raw } = context.switchToHttp().getResponse<FastifyReply>();
  const gone = new AbortController();
  const leave = (): void => {
    if (!raw.writableFinished) gone.abort(new Problem('client-gone', 499, 'Client gone', 'The client went away before its answer.'));
  };
  // It may have left while its key was looked up: then nothing tells of it any more.
  if (raw.destroyed) leave();
  else raw.once('close', leave);
  return gone.signal;
});
