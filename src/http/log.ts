import type { LoggerService } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type Logger, pino } from 'pino';
import type { Config } from '../config.js';

/** Structured logs. Of a request only method, route, id, status and duration are kept: no address, query, body or key. */
export function serviceLogger(config: Pick<Config, 'logLevel'>): Logger {
  return pino({
    level: config.logLevel,
    base: { service: 'contact-segments' },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: {
      req: (request: FastifyRequest) => ({ method: request.method, route: request.routeOptions?.url ?? null }),
      res: (reply: { statusCode: number }) => ({ status: reply.statusCode }),
    },
  });
}

/** Nest's log lines through the same logger. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug(lineOf(message, context));
  }

  error(message: unknown, ...rest: string[]): void {
    this.logger.error(lineOf(message, rest.at(-1)));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn(lineOf(message, context));
  }

  debug(message: unknown, context?: string): void {
    this.logger.debug(lineOf(message, context));
  }
}

function lineOf(message: unknown, context: string | undefined): object {
  return typeof message === 'object' && message !== null ? { context, ...message } : { context, msg: String(message) };
}
