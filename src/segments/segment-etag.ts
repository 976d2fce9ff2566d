import {
  applyDecorators, type CallHandler, createParamDecorator, type ExecutionContext, Injectable, type NestInterceptor,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { ifMatchMalformed } from './segments.problems.js';

/** The ETags that a request insists on; `null` where it does not, or takes any (`*`). */
export type IfMatch = readonly string[] | null;

/** What `If-Match` is compared with: it changes with each edit and with nothing that a refresh writes. */
export function etagOf({ revision }: { revision: number }): string {
  return `"${revision}"`;
}

/** The request's `If-Match`. A weak ETag is well-formed and matches nothing (RFC 9110, strong comparison). */
export const IfMatchHeader = createParamDecorator((_: unknown, context: ExecutionContext): IfMatch => {
  const sent = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
  if (sent === undefined || sent.trim() === '*') return null;
  const tags = sent.split(',').map((tag) => tag.trim());
  if (!tags.every((tag) => /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(tag))) throw ifMatchMalformed();
  return tags;
});

export function ApiIfMatch(): MethodDecorator {
  return applyDecorators(ApiHeader({
    name: 'If-Match', required: false, description: 'The ETag of what was read: nothing is done where it was changed since (412). Without it, it is done anyhow.',
  }));
}

/** Puts the ETag beside each answer that is one segment. */
@Injectable()
export class SegmentEtag implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(map((answer: unknown) => {
      if (isSegment(answer)) void reply.header('etag', etagOf(answer));
      return answer;
    }));
  }
}

function isSegment(answer: unknown): answer is { revision: number } {
  return typeof answer === 'object' && answer !== null && 'revision' in answer && typeof answer.revision === 'number';
}
